import { batchOf, type ItemBatch, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import { isLabelled, type LabelledPack, type Pack } from '../../models/packs/pack.ts';
import { type ItemAnswer, pipelineMetric, requestScore, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { EndToEnd, FanOut, MeasuredScore } from '../../solver/documents/profile.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { MeasuredAccuracy } from '../store/store.ts';

/** Runs a batch through a variant of a stage, on the reference backend. */
export type RunVariant = (stage: string, variant: string, items: ItemBatch) => Promise<StageRun>;

/** End-to-end accuracy is measured for at most this many combinations of variants: each stage multiplies their number. */
const MAX_COMBINATIONS = 512;
/** Items per batch while accuracy is measured. */
const BATCH = 16;

/** A stage's results for all its items, in order, and for each item the number of the next stage's items. */
type StageResults = Pick<StageRun, 'results' | 'childCounts'>;

/** The pack after the first stages of the pipeline, run with one combination of variants. */
interface PartialRun {
  readonly variants: Readonly<Record<string, string>>;
  /** Results of each stage that has run, in order. */
  readonly results: readonly StageResults[];
  /** Items of the next stage, in the order of the requests; `counts` says how many belong to each request. */
  readonly items: ItemBatch;
  readonly counts: readonly number[];
}

/**
 * Measures on the labelled pack: the accuracy of each stage alone (on labelled items), the accuracy of the whole pipeline for
 * every combination of variants, and the fan-out of each stage. Without labels nothing is measured.
 * @param onStep called {@link accuracySteps} times, with the variant that was run
 */
export async function measureAccuracy(
  pipeline: Pipeline,
  pack: Pack,
  run: RunVariant,
  onStep: (what: string) => void,
): Promise<MeasuredAccuracy> {
  if (!isLabelled(pack)) return unmeasured(pipeline, pack);
  const stages = await stageAccuracies(pipeline, pack, run, onStep);
  const fanOut: FanOut[] = [];
  let partial: PartialRun[] = [
    { variants: {}, results: [], items: pack.items, counts: pack.truths.map(() => 1) },
  ];
  for (const [s, { name: stage, stage: manifestStage }] of pipeline.stages.entries()) {
    for (const { variants, counts } of distinctUpstream(pipeline.stages.slice(0, s), partial))
      fanOut.push({ stage, upstream: variants, counts: [...counts] });
    if (partial.length * manifestStage.variants.length > MAX_COMBINATIONS) break;
    const longer: PartialRun[] = [];
    for (const before of partial)
      for (const { name } of manifestStage.variants) {
        longer.push(await advance(before, stage, name, run));
        onStep(`${stage}/${name}`);
      }
    partial = longer;
  }
  const whole = partial.filter(({ results }) => results.length === pipeline.stages.length);
  return { stages, fanOut, endToEnd: whole.map((run) => endToEnd(pipeline, pack, run)) };
}

/** What is taken for granted without labels: each stage gets one item per request. */
const unmeasured = ({ stages }: Pipeline, { items }: Pack): MeasuredAccuracy => ({
  stages: {},
  fanOut: stages.map(({ name }) => ({ stage: name, upstream: {}, counts: items.lengths.map(() => 1) })),
  endToEnd: [],
});

/** Number of steps of {@link measureAccuracy}: one for each variant, and one for each combination up to each stage. */
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
  pack: LabelledPack,
  run: RunVariant,
  onStep: (what: string) => void,
) {
  const accuracies: Record<string, Record<string, MeasuredScore>> = {};
  const labelled = await labelledItems(pack, pipeline);
  for (const [s, stage] of pipeline.stages.entries()) {
    const { items, truths } = labelled[s]!;
    const ofStage: Record<string, MeasuredScore> = {};
    for (const { name } of stage.stage.variants) {
      const { results } = await runAll(batchOf(items), (batch) => run(stage.name, name, batch));
      const score = results
        .map((result, i) => stageScore(stage, result, truths[i]!.truth))
        .reduce(addScores, NO_SCORE);
      const others = stage.task.otherMetrics?.(
        results,
        truths.map(({ truth }) => truth),
      );
      ofStage[name] = { value: metricOf(score) ?? 0, n: truths.length, ...(others && { others }) };
      onStep(`${stage.name}/${name}`);
    }
    accuracies[stage.name] = ofStage;
  }
  return accuracies;
}

/**
 * Merges combinations with the same fan-out. A stage that always gives one item of the next stage per item cannot change the
 * fan-out, so its variant is left out.
 */
function distinctUpstream(
  upstream: readonly PipelineStage[],
  partial: readonly PartialRun[],
): Pick<PartialRun, 'variants' | 'counts'>[] {
  const varying = upstream.filter(({ task, stage }) => task.fanOut(stage) !== 'one').map(({ name }) => name);
  const distinct = new Map<string, Pick<PartialRun, 'variants' | 'counts'>>();
  for (const { variants, counts } of partial) {
    const chosen = Object.fromEntries(varying.map((name) => [name, variants[name]!]));
    distinct.set(JSON.stringify(chosen), { variants: chosen, counts });
  }
  return [...distinct.values()];
}

/** Runs the next stage on the items of a partial run. */
async function advance(
  before: PartialRun,
  stage: string,
  variant: string,
  run: RunVariant,
): Promise<PartialRun> {
  const { results, children, childCounts } = await runAll(before.items, (batch) =>
    run(stage, variant, batch),
  );
  return {
    variants: { ...before.variants, [stage]: variant },
    results: [...before.results, { results, childCounts }],
    items: children,
    counts: inGroups(childCounts, before.counts).map((counts) => counts.reduce((sum, n) => sum + n, 0)),
  };
}

/** Runs items in batches and joins the batches' results. */
async function runAll(batch: ItemBatch, run: (items: ItemBatch) => Promise<StageRun>): Promise<StageRun> {
  const items = itemsOf(batch);
  const runs: StageRun[] = [];
  for (let from = 0; from < items.length; from += BATCH)
    runs.push(await run(batchOf(items.slice(from, from + BATCH))));
  return {
    results: runs.flatMap((r) => r.results),
    children: batchOf(runs.flatMap((r) => itemsOf(r.children))),
    childCounts: runs.flatMap((r) => r.childCounts),
  };
}

/** The answer to every request: each result joined with the later stages' results for the items that follow from it. */
const answersOf = (stages: readonly StageResults[]): ItemAnswer[] =>
  stages.reduceRight<ItemAnswer[]>((later, { results, childCounts }) => {
    const children = inGroups(later, childCounts);
    return results.map((result, i) => ({ result, children: children[i] ?? [] }));
  }, []);

function endToEnd(pipeline: Pipeline, pack: LabelledPack, { variants, results }: PartialRun): EndToEnd {
  const scores = answersOf(results).map((answer, i) => requestScore(pipeline.first, answer, pack.truths[i]!));
  return {
    variants,
    metric: pipelineMetric(pipeline.first),
    value: metricOf(scores.reduce(addScores, NO_SCORE)) ?? 0,
    n: pack.truths.length,
    scores: scores.map(({ earned, possible }) => [earned, possible]),
  };
}
