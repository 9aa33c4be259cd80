import { batchOf, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { Pack } from '../../models/packs/pack.ts';
import {
  addCounts,
  type ItemAnswer,
  NO_COUNTS,
  pipelineMetric,
  requestCounts,
  scoreOf,
  stageCounts,
} from '../../models/tasks/judge.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { EndToEnd, FanOut } from '../../solver/documents/profile.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { MeasuredAccuracy } from '../store/store.ts';

/** Runs a batch of a stage's variant on the reference backend. */
export type RunVariant = (stage: string, variant: string, items: ItemBatch) => Promise<StageRun>;

/** Choices of variants beyond which end-to-end accuracy is not measured: it grows as their product. */
const MAX_COMBINATIONS = 512;
const BATCH = 16;

/** What a stage said of all its items, in order, and how many items each gave the next stage. */
type StageAnswers = Pick<StageRun, 'results' | 'childCounts'>;

/** What one choice of variants up to some stage made of the pack. */
interface Reached {
  readonly variants: Readonly<Record<string, string>>;
  /** By stage so far. */
  readonly answers: readonly StageAnswers[];
  /** Items of the next stage, and how many of them each request has. */
  readonly items: ItemBatch;
  readonly counts: readonly number[];
}

/**
 * Accuracy per stage (on true items) and end to end (every choice of variants), and the fan-out of each stage, on
 * the labelled pack.
 * @param onStep called {@link accuracySteps} times
 */
export async function measureAccuracy(
  pipeline: Pipeline,
  pack: Pack,
  run: RunVariant,
  onStep: (what: string) => void,
): Promise<MeasuredAccuracy> {
  const stages = await stageAccuracies(pipeline, pack, run, onStep);
  const fanOut: FanOut[] = [];
  let reached: Reached[] = [
    { variants: {}, answers: [], items: pack.items, counts: pack.truths.map(() => 1) },
  ];
  for (const [s, { name: stage, stage: manifestStage }] of pipeline.stages.entries()) {
    for (const { variants, counts } of distinctUpstream(pipeline.stages.slice(0, s), reached))
      fanOut.push({ stage, upstream: variants, counts: [...counts] });
    if (reached.length * manifestStage.variants.length > MAX_COMBINATIONS) break;
    const further: Reached[] = [];
    for (const before of reached)
      for (const { name } of manifestStage.variants) {
        further.push(await advance(before, stage, name, run));
        onStep(`${stage}/${name}`);
      }
    reached = further;
  }
  const whole = reached.filter(({ answers }) => answers.length === pipeline.stages.length);
  return { stages, fanOut, endToEnd: whole.map((choice) => endToEnd(pipeline, pack, choice)) };
}

/** How many steps {@link measureAccuracy} takes. */
export function accuracySteps(manifest: Pick<Manifest, 'stages'>): number {
  const sizes = manifest.stages.map((stage) => stage.variants.length);
  let steps = sizes.reduce((sum, n) => sum + n, 0);
  let combinations = 1;
  for (const n of sizes) {
    combinations *= n;
    if (combinations > MAX_COMBINATIONS) break;
    steps += combinations;
  }
  return steps;
}

async function stageAccuracies(
  pipeline: Pipeline,
  pack: Pack,
  run: RunVariant,
  onStep: (what: string) => void,
) {
  const accuracies: Record<string, Record<string, { value: number; n: number }>> = {};
  const labelled = await labelledItems(pack, pipeline);
  for (const [s, stage] of pipeline.stages.entries()) {
    const { items, truths } = labelled[s]!;
    const ofStage: Record<string, { value: number; n: number }> = {};
    for (const { name } of stage.stage.variants) {
      const { results } = await runAll(batchOf(items), (batch) => run(stage.name, name, batch));
      const counts = results
        .map((result, i) => stageCounts(stage, result, truths[i]!.truth))
        .reduce(addCounts, NO_COUNTS);
      ofStage[name] = { value: scoreOf(counts) ?? 0, n: truths.length };
      onStep(`${stage.name}/${name}`);
    }
    accuracies[stage.name] = ofStage;
  }
  return accuracies;
}

/** Choices that differ only in variants of stages that give every item as many children whatever the variant are one. */
function distinctUpstream(
  upstream: readonly PipelineStage[],
  reached: readonly Reached[],
): Pick<Reached, 'variants' | 'counts'>[] {
  const varying = upstream.filter(({ task, stage }) => task.fanOut(stage) !== 'one').map(({ name }) => name);
  const distinct = new Map<string, Pick<Reached, 'variants' | 'counts'>>();
  for (const { variants, counts } of reached) {
    const chosen = Object.fromEntries(varying.map((name) => [name, variants[name]!]));
    distinct.set(JSON.stringify(chosen), { variants: chosen, counts });
  }
  return [...distinct.values()];
}

async function advance(before: Reached, stage: string, variant: string, run: RunVariant): Promise<Reached> {
  const { results, children, childCounts } = await runAll(before.items, (batch) =>
    run(stage, variant, batch),
  );
  return {
    variants: { ...before.variants, [stage]: variant },
    answers: [...before.answers, { results, childCounts }],
    items: children,
    counts: inGroups(childCounts, before.counts).map((counts) => counts.reduce((sum, n) => sum + n, 0)),
  };
}

async function runAll(batch: ItemBatch, run: (items: ItemBatch) => Promise<StageRun>): Promise<StageRun> {
  const items = itemsOf(batch);
  const runs: StageRun[] = [];
  for (let from = 0; from < items.length; from += BATCH)
    runs.push(await run(batchOf(items.slice(from, from + BATCH))));
  return {
    results: runs.flatMap((r) => r.results),
    children: batchOf(runs.flatMap((r) => itemsOf(r.children))),
    childCounts: runs.flatMap((r) => r.childCounts),
    inferenceMs: runs.reduce((sum, r) => sum + r.inferenceMs, 0),
  };
}

/** The answer to every request: what each stage said of its items, joined with what the stages after it said. */
const answersOf = (stages: readonly StageAnswers[]): ItemAnswer[] =>
  stages.reduceRight<ItemAnswer[]>((later, { results, childCounts }) => {
    const children = inGroups(later, childCounts);
    return results.map((result, i) => ({ result, children: children[i] ?? [] }));
  }, []);

function endToEnd(pipeline: Pipeline, pack: Pack, { variants, answers }: Reached): EndToEnd {
  const counts = answersOf(answers).map((answer, i) =>
    requestCounts(pipeline.first, answer, pack.truths[i]!),
  );
  return {
    variants,
    metric: pipelineMetric(pipeline.first),
    value: scoreOf(counts.reduce(addCounts, NO_COUNTS)) ?? 0,
    n: pack.truths.length,
    counts: counts.map(({ right, spurious, missed }) => [right, spurious, missed]),
  };
}
