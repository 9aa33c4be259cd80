import { beforeAll, expect, test } from 'vitest';
import { labelledItems } from '../../models/packs/pack.ts';
import { joinItems, type StageResult, taskOf } from '../../models/tasks/index.ts';
import { addCounts, NO_COUNTS, requestCounts, scoreOf, stageCounts } from '../../models/tasks/metric.ts';
import { fashion, fixture } from './fashion.ts';
import { runModel } from './run-model.ts';

type Scores = Record<'detect' | 'classify' | 'endToEnd', Record<string, number>>;
/** Largest difference from Python's figures: ONNX Runtime's versions differ in the last digits. */
const TOLERANCE = 0.005;

let pipeline: Awaited<ReturnType<typeof fashion>>;
let python: Scores;

beforeAll(async () => {
  pipeline = await fashion();
  python = await fixture<Scores>('scores.json');
});

const model = (stage: number, variant: string) => {
  const { file, sha256 } = pipeline.stages[stage]!.variants.find(({ name }) => name === variant)!;
  return pipeline.readVerified(file, sha256);
};

/** F1 of one detector with each classifier, on every request of the pack. */
async function endToEnd(detector: string): Promise<Record<string, number | null>> {
  const { pack, stages } = pipeline;
  const [first, second] = [stages[0]!, stages[1]!];
  const scenes = await runModel(await model(0, detector), first, pack.images);
  const crops = scenes.map((scene, i) => taskOf(first).children(first, pack.images, i, scene, second));
  const scores: Record<string, number | null> = {};
  for (const { name } of second.variants) {
    const labels = await runModel(await model(1, name), second, joinItems(crops));
    let used = 0;
    const counts = scenes.map((scene, i) => {
      const own = labels.slice(used, used + crops[i]!.count);
      used += own.length;
      return requestCounts(stages, [[scene], own], pack.truths[i]!);
    });
    scores[`${detector}+${name}`] = scoreOf(counts.reduce(addCounts, NO_COUNTS));
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
  const labelled = await labelledItems(pack, stages);
  for (const [s, stage] of stages.entries())
    for (const { name } of stage.variants) {
      const { items, truths } = labelled[s]!;
      const results: StageResult[] = await runModel(await model(s, name), stage, items);
      const counts = results.map((result, i) => stageCounts(result, truths[i]!));
      const score = scoreOf(counts.reduce(addCounts, NO_COUNTS))!;
      expect(Math.abs(score - python[stage.name as 'detect' | 'classify'][name]!), name).toBeLessThan(
        TOLERANCE,
      );
    }
});

test('a better variant of either stage makes a better pipeline', () => {
  const { stages } = pipeline;
  const table = stages[0]!.variants.map((d) =>
    stages[1]!.variants.map((c) => python.endToEnd[`${d.name}+${c.name}`]!),
  );
  table.forEach((row, d) => {
    row.forEach((score, c) => {
      if (c > 0) expect(score).toBeGreaterThan(row[c - 1]!);
      if (d > 0) expect(score).toBeGreaterThan(table[d - 1]![c]!);
    });
  });
});

test('the published accuracies rise with the variants', () => {
  for (const { variants } of pipeline.stages)
    variants.slice(1).forEach(({ accuracy }, i) => {
      expect(accuracy).toBeGreaterThan(variants[i]!.accuracy!);
    });
});

test('every file is the one that the manifest names, and of its size', async () => {
  for (const { variants } of pipeline.stages)
    for (const { file, sha256, sizeBytes } of variants)
      expect((await pipeline.readVerified(file, sha256)).length).toBe(sizeBytes);
});

test('some scenes of the pack hold no garment', () => {
  const empty = pipeline.pack.truths.filter(({ boxes }) => boxes!.length === 0).length;
  expect(empty / pipeline.pack.truths.length).toBeGreaterThan(0.04);
});
