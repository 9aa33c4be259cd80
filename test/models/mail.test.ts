import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadManifest } from '../../models/manifests/load.ts';
import record from '../../models/train/record.json' with { type: 'json' };
import { scorerOf } from './scorer.ts';

/** Scores on the pack by Python's own implementation of the metrics (models/train/mail/evaluate.py). */
const python: Record<'language' | 'spam' | 'endToEnd', Record<string, number>> = record.mail.scoresOnPack;

/** Scores are within 0.005 of Python's: ONNX Runtime's versions differ in the last digits of logits, which may change a class. */
const DIGITS = 2;

const MANIFEST = fileURLToPath(new URL('../../models/mail/manifest.json', import.meta.url));
const loaded = await loadManifest(MANIFEST, (file) => readFile(file));
const { alone, endToEnd } = await scorerOf(loaded);
const [language, spam] = [loaded.pipeline.stages[0]!, loaded.pipeline.stages[1]!];
const names = Object.keys(python.language);

test('every stage alone scores as in Python', async () => {
  for (const name of names) {
    expect(await alone(language, name), `language ${name}`).toBeCloseTo(python.language[name]!, DIGITS);
    expect(await alone(spam, name), `spam ${name}`).toBeCloseTo(python.spam[name]!, DIGITS);
  }
});

test.each(names)('%s and every spam filter score end to end as in Python', async (name) => {
  for (const filter of names) {
    const pair = `${name}+${filter}`;
    expect(await endToEnd(name, filter), pair).toBeCloseTo(python.endToEnd[pair]!, DIGITS);
  }
});
