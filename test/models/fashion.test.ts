import { beforeAll, expect, test } from 'vitest';
import { batchOf } from '../../models/items/item-batch.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import { requestScore, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import { fashion, fixture } from './fashion.ts';
import { childrenOf, runModel } from './run-model.ts';

type Scores = Record<'detect' | 'classify' | 'endToEnd', Record<string, number>>;
/** Largest difference from Python's figures: ONNX Runtime's versions differ in the last digits. */
const TOLERANCE = 0.005;

let pipeline: Awaited<ReturnType<typeof fashion>>;
let python: Scores;

beforeAll(async () => {
  pipeline = await fashion();
  python = await fixture<Scores>('scores.json');
});

const model = (stage: number, variant: string) =>
  pipeline.readModels(pipeline.stages[stage]!.variant(variant));

/** F1 of one detector with each classifier, on every request of the pack. */
async function endToEnd(detector: string): Promise<Record<string, number | null>> {
  const { pack, stages } = pipeline;
  const [first, second] = [stages[0]!, stages[1]!];
  const scenes = await runModel(await model(0, detector), first, pack.items);
  const crops = childrenOf(first, pack.items, scenes);
  const scores: Record<string, number | null> = {};
  for (const { name } of second.stage.variants) {
    const labels = await runModel(await model(1, name), second, batchOf(crops.flat()));
    let used = 0;
    const score = scenes.map((result, i) => {
      const own = labels.slice(used, used + crops[i]!.length);
      used += own.length;
      const children = own.map((label) => ({ result: label, children: [] }));
      return requestScore(first, { result, children }, pack.truths[i]!);
    });
    scores[`${detector}+${name}`] = metricOf(score.reduce(addScores, NO_SCORE));
  }
  return scores;
}

test.each(['det4', 'det8', 'det16'])(
  '%s and every classifier score end to end as in Python',
  async (detector) => {
    const scores = await endToEnd(detector);
    expect(Object.keys(scores)).toHaveLength(6);
    for (const [pair, score] of Object.entries(scores))
      expect(Math.abs(score! - python.endToEnd[pair]!), pair).toBeLessThan(TOLERANCE);
  },
);

test('every stage alone scores as in Python', async () => {
  const { pack, stages } = pipeline;
  const labelled = await labelledItems(pack, pipeline.pipeline);
  for (const [s, stage] of stages.entries())
    for (const { name } of stage.stage.variants) {
      const { items, truths } = labelled[s]!;
      const results = await runModel(await model(s, name), stage, batchOf(items));
      const scores = results.map((result, i) => stageScore(stage, result, truths[i]!.truth));
      const score = metricOf(scores.reduce(addScores, NO_SCORE))!;
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
