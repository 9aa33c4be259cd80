import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { batchOf } from '../../models/items/item-batch.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { requestScore, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import record from '../../models/train/record.json' with { type: 'json' };
import { childrenOf, runModel } from './run-model.ts';

/** Scores on the pack by Python's own implementation of the metrics (models/train/mail/evaluate.py). */
const python: Record<'language' | 'spam' | 'endToEnd', Record<string, number>> = record.mail.scoresOnPack;

/** Scores are within 0.005 of Python's: ONNX Runtime's versions differ in the last digits of logits, which may change a class. */
const DIGITS = 2;

const MANIFEST = fileURLToPath(new URL('../../models/mail/manifest.json', import.meta.url));
const { pipeline, readModels, readPack } = await loadManifest(MANIFEST, (file) => readFile(file));
const pack = (await readPack()) as LabelledPack;
const [language, spam] = [pipeline.stages[0]!, pipeline.stages[1]!];
const names = Object.keys(python.language);

test('every stage alone scores as in Python', async () => {
  const labelled = await labelledItems(pack, pipeline);
  for (const [s, stage] of [language, spam].entries())
    for (const name of names) {
      const { items, truths } = labelled[s]!;
      const results = await runModel(await readModels(stage.variant(name)), stage, batchOf(items));
      const scores = results.map((result, i) => stageScore(stage, result, truths[i]!.truth));
      const expected = python[s === 0 ? 'language' : 'spam'][name]!;
      expect(metricOf(scores.reduce(addScores, NO_SCORE)), `${stage.name} ${name}`).toBeCloseTo(
        expected,
        DIGITS,
      );
    }
});

test.each(names)('%s and every spam filter score end to end as in Python', async (name) => {
  const languages = await runModel(await readModels(language.variant(name)), language, pack.items);
  const passedOn = childrenOf(language, pack.items, languages);
  for (const filter of names) {
    const kinds = await runModel(await readModels(spam.variant(filter)), spam, batchOf(passedOn.flat()));
    let used = 0;
    const scores = languages.map((result, i) => {
      const own = kinds.slice(used, used + passedOn[i]!.length);
      used += own.length;
      const children = own.map((kind) => ({ result: kind, children: [] }));
      return requestScore(language, { result, children }, pack.truths[i]!);
    });
    const pair = `${name}+${filter}`;
    expect(metricOf(scores.reduce(addScores, NO_SCORE)), pair).toBeCloseTo(python.endToEnd[pair]!, DIGITS);
  }
});
