import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { batchOf, type Item, itemsOf } from '../../models/items/item-batch.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { childrenOf, type PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { type ItemAnswer, requestScore, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE, type Score } from '../../models/tasks/score.ts';
import record from '../../models/train/record.json' with { type: 'json' };
import { sha256Of } from '../../solver/documents/manifest.ts';
import { runModel } from './run-model.ts';

/** Scores on the packs by Python's own implementation of the metrics and loops (models/train/minis/evaluate.py). */
const python: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>> =
  record.minis.scoresOnPack;

/**
 * The largest difference from Python's scores. Versions of ONNX Runtime differ in the last digits of logits, which may change a
 * token. With weights of 8 bits the tokens also depend on the batch, because each batch has one scale.
 */
const APART_MAX = 0.01;
const apart = (score: number | null, expected: number) => Math.abs(score! - expected);

const total = (scores: readonly Score[]) => metricOf(scores.reduce(addScores, NO_SCORE));

/**
 * The results of first stages for packs, by pack and variant. To save time, the tests of a stage alone, of its pipeline, and of
 * another pipeline that begins alike share them.
 */
const ofPacks = new Map<string, ReturnType<typeof runModel>>();

describe.each(Object.keys(python))('%s', async (name) => {
  const path = fileURLToPath(new URL(`../../models/${name}/manifest.json`, import.meta.url));
  const { manifest, pipeline, readModels, readPack } = await loadManifest(path, (file) => readFile(file));
  const pack = (await readPack()) as LabelledPack;
  const run = async (stage: PipelineStage, variant: string, items: readonly Item[]) =>
    runModel(await readModels(stage.variant(variant)), stage, batchOf(items));
  const runOnPack = (variant: string) => {
    const key = `${manifest.pack!.sha256} ${sha256Of(pipeline.first.variant(variant))}`;
    const results = ofPacks.get(key) ?? run(pipeline.first, variant, itemsOf(pack.items));
    ofPacks.set(key, results);
    return results;
  };

  test.each(pipeline.stages.map((stage, s) => [stage.name, stage, s] as const))(
    'every variant of %s alone scores as in Python',
    async (_, stage, s) => {
      const { items, truths } = (await labelledItems(pack, pipeline))[s]!;
      for (const variant of stage.stage.variants.map(({ name }) => name)) {
        const results = await (s === 0 ? runOnPack(variant) : run(stage, variant, items));
        const score = total(results.map((result, i) => stageScore(stage, result, truths[i]!.truth)));
        expect(apart(score, python[name]![stage.name]![variant]!), variant).toBeLessThan(APART_MAX);
      }
    },
  );

  test.each(pipeline.stages.map(({ name: stage }) => stage))(
    'variants of %s of different sizes are a point apart',
    (stage) => {
      const { small, medium, large } = python[name]![stage]!;
      expect(medium! - small!).toBeGreaterThanOrEqual(0.01);
      expect(large! - medium!).toBeGreaterThanOrEqual(0.01);
    },
  );

  /** Answers to items by a stage and all stages after it. @param variants one for each of these stages, in order */
  async function answersOf(stage: PipelineStage, variants: readonly string[], items: readonly Item[]) {
    const results = await (stage === pipeline.first
      ? runOnPack(variants[0]!)
      : run(stage, variants[0]!, items));
    const { next } = stage;
    if (!next) return results.map((result): ItemAnswer => ({ result, children: [] }));
    const passedOn = results.map((result, i) => childrenOf(stage, next.format, items[i]!, result));
    const later: ItemAnswer[] = await answersOf(next, variants.slice(1), passedOn.flat());
    return results.map(
      (result, i): ItemAnswer => ({ result, children: later.splice(0, passedOn[i]!.length) }),
    );
  }

  test.each(['small', 'large'])('variants %s of all stages score end to end as in Python', async (size) => {
    const variants = pipeline.stages.map(() => size);
    const answers = await answersOf(pipeline.first, variants, itemsOf(pack.items));
    const score = total(answers.map((answer, i) => requestScore(pipeline.first, answer, pack.truths[i]!)));
    expect(apart(score, python[name]!.endToEnd![variants.join('+')]!)).toBeLessThan(APART_MAX);
  });
});

test('the models and packs of all minis have 25 MB at most', () => {
  const models = fileURLToPath(new URL('../../models', import.meta.url));
  const bytes = readdirSync(models)
    .filter((folder) => folder.startsWith('mini'))
    .flatMap((folder) => readdirSync(join(models, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(25e6);
});
