import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadManifest } from '../../models/manifests/load.ts';
import record from '../../models/train/record.json' with { type: 'json' };
import { scorerOf } from './scorer.ts';

/** Scores on the packs by Python's own implementation of the metrics and loops (models/train/minis/evaluate.py). */
const python: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>> =
  record.minis.scoresOnPack;

/**
 * The largest difference from Python's scores. Versions of ONNX Runtime differ in the last digits of logits, which may change a
 * token. With weights of 8 bits the tokens also depend on the batch, because each batch has one scale.
 */
const APART_MAX = 0.01;
const apart = (score: number, expected: number) => Math.abs(score - expected);

describe.each(Object.keys(python))('%s', async (name) => {
  const path = fileURLToPath(new URL(`../../models/${name}/manifest.json`, import.meta.url));
  const loaded = await loadManifest(path, (file) => readFile(file));
  const { stages } = loaded.pipeline;
  const { alone, endToEnd } = await scorerOf(loaded);

  test.each(stages.map((stage) => [stage.name, stage] as const))(
    'every variant of %s alone scores as in Python',
    async (_, stage) => {
      for (const { name: variant } of stage.stage.variants)
        expect(
          apart(await alone(stage, variant), python[name]![stage.name]![variant]!),
          variant,
        ).toBeLessThan(APART_MAX);
    },
  );

  test.each(stages.map(({ name: stage }) => stage))(
    'variants of %s of different sizes are a point apart',
    (stage) => {
      const { small, medium, large } = python[name]![stage]!;
      expect(medium! - small!).toBeGreaterThanOrEqual(0.01);
      expect(large! - medium!).toBeGreaterThanOrEqual(0.01);
    },
  );

  test.each(['small', 'large'])('variants %s of all stages score end to end as in Python', async (size) => {
    const variants = stages.map(() => size);
    const expected = python[name]!.endToEnd![variants.join('+')]!;
    expect(apart(await endToEnd(...variants), expected)).toBeLessThan(APART_MAX);
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
