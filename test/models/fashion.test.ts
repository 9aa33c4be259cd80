import { beforeAll, expect, test } from 'vitest';
import { fashion, fixture } from './fashion.ts';
import { scorerOf } from './scorer.ts';

type Scores = Record<'detect' | 'classify' | 'endToEnd', Record<string, number>>;
/** Largest difference from Python's figures: ONNX Runtime's versions differ in the last digits. */
const TOLERANCE = 0.005;

let pipeline: Awaited<ReturnType<typeof fashion>>;
let scorer: Awaited<ReturnType<typeof scorerOf>>;
let python: Scores;

beforeAll(async () => {
  pipeline = await fashion();
  scorer = await scorerOf(pipeline);
  python = await fixture<Scores>('scores.json');
});

test.each(['det4', 'det8', 'det16'])(
  '%s and every classifier score end to end as in Python',
  async (detector) => {
    const classifiers = pipeline.stages[1]!.stage.variants;
    expect(classifiers).toHaveLength(6);
    for (const { name } of classifiers) {
      const pair = `${detector}+${name}`;
      const score = await scorer.endToEnd(detector, name);
      expect(Math.abs(score - python.endToEnd[pair]!), pair).toBeLessThan(TOLERANCE);
    }
  },
);

test('every stage alone scores as in Python', async () => {
  for (const stage of pipeline.stages)
    for (const { name } of stage.stage.variants) {
      const score = await scorer.alone(stage, name);
      expect(Math.abs(score - python[stage.name as 'detect' | 'classify'][name]!), name).toBeLessThan(
        TOLERANCE,
      );
    }
});

test('a better variant of either stage makes a better pipeline', () => {
  const { stages } = pipeline;
  const table = stages[0]!.stage.variants.map((d) =>
    stages[1]!.stage.variants.map((c) => python.endToEnd[`${d.name}+${c.name}`]!),
  );
  table.forEach((row, d) => {
    row.forEach((score, c) => {
      if (c > 0) expect(score).toBeGreaterThan(row[c - 1]!);
      if (d > 0) expect(score).toBeGreaterThan(table[d - 1]![c]!);
    });
  });
});

test('the published accuracies rise with the variants', () => {
  for (const { variants } of pipeline.manifest.stages)
    variants.slice(1).forEach(({ accuracy }, i) => {
      expect(accuracy).toBeGreaterThan(variants[i]!.accuracy!);
    });
});

test('every file is the one that the manifest names, and of its size', async () => {
  for (const { variants } of pipeline.manifest.stages)
    for (const variant of variants)
      expect((await pipeline.readModels(variant)).model!.length).toBe(variant.sessions.model!.sizeBytes);
});

test('some scenes of the pack hold no garment', () => {
  const empty = pipeline.pack.truths.filter(({ children }) => children.length === 0).length;
  expect(empty / pipeline.pack.truths.length).toBeGreaterThan(0.04);
});
