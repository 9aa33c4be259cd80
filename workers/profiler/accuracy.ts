import type { Manifest } from '../../models/manifests/manifest.ts';
import { labelledItems, type Pack } from '../../models/packs/pack.ts';
import { joinItems } from '../../models/tasks/items.ts';
import {
  addCounts,
  type Counts,
  NO_COUNTS,
  requestCounts,
  scoreOf,
  stageCounts,
} from '../../models/tasks/metric.ts';
import type { ItemBatch, StageResult } from '../../models/tasks/task.ts';
import type { EndToEnd, FanOut } from '../../solver/documents/profile.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { MeasuredAccuracy } from '../store/store.ts';

/** Runs a batch of a stage's variant on the reference backend. */
export type RunVariant = (stage: number, variant: string, items: ItemBatch) => Promise<StageRun>;

/** Choices of variants beyond which end-to-end accuracy is not measured: it grows as their product. */
const MAX_COMBINATIONS = 512;
const BATCH = 16;

/** What one choice of variants up to some stage made of the pack. */
interface Reached {
  readonly variants: Readonly<Record<string, string>>;
  /** Results so far, by scene, then by stage. */
  readonly results: readonly (readonly (readonly StageResult[])[])[];
  /** Items of the next stage, and how many of them each scene has. */
  readonly items: ItemBatch;
  readonly counts: readonly number[];
}

/** Name of the pipeline's own metric. */
export const pipelineMetric = (manifest: Manifest): string => {
  const tasks = manifest.stages.map((stage) => stage.task);
  if (tasks[0] !== 'object-detection') return 'accuracy';
  return tasks.length === 1 ? 'F1@0.5' : 'F1@0.5, right class';
};

export const stageMetric = (task: Manifest['stages'][number]['task']): string =>
  task === 'object-detection' ? 'F1@0.5' : 'top-1 accuracy';

/**
 * Accuracy per stage (on true items) and end to end (every choice of variants), and the fan-out of each stage, on
 * the labelled pack.
 * @param onStep called {@link accuracySteps} times
 */
export async function measureAccuracy(
  manifest: Manifest,
  pack: Pack,
  run: RunVariant,
  onStep: (what: string) => void,
): Promise<MeasuredAccuracy> {
  const stages = await stageAccuracies(manifest, pack, run, onStep);
  const scenes = pack.truths.length;
  const fanOut: FanOut[] = [];
  let reached: Reached[] = [
    {
      variants: {},
      results: Array.from({ length: scenes }, () => []),
      items: pack.images,
      counts: Array.from({ length: scenes }, () => 1),
    },
  ];
  for (const [s, stage] of manifest.stages.entries()) {
    for (const { variants, counts } of distinctUpstream(manifest, s, reached))
      fanOut.push({ stage: stage.name, upstream: variants, counts: [...counts] });
    if (reached.length * stage.variants.length > MAX_COMBINATIONS) break;
    const further: Reached[] = [];
    for (const before of reached)
      for (const { name } of stage.variants) {
        further.push(await advance(before, s, stage.name, name, run));
        onStep(`${stage.name}/${name}`);
      }
    reached = further;
  }
  const whole = reached.filter(({ variants }) => Object.keys(variants).length === manifest.stages.length);
  return { stages, fanOut, endToEnd: whole.map((choice) => endToEnd(manifest, pack, choice)) };
}

/** How many steps {@link measureAccuracy} takes. */
export function accuracySteps(manifest: Manifest): number {
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
  manifest: Manifest,
  pack: Pack,
  run: RunVariant,
  onStep: (what: string) => void,
) {
  const accuracies: Record<string, Record<string, { value: number; n: number }>> = {};
  for (const [s, { items, truths }] of (await labelledItems(pack, manifest.stages)).entries()) {
    const stage = manifest.stages[s]!;
    const ofStage: Record<string, { value: number; n: number }> = {};
    for (const { name } of stage.variants) {
      const { results } = await runAll(items, (batch) => run(s, name, batch));
      const counts = results.reduce<Counts>(
        (sum, result, i) => addCounts(sum, stageCounts(result, truths[i]!)),
        NO_COUNTS,
      );
      ofStage[name] = { value: scoreOf(counts) ?? 0, n: truths.length };
      onStep(`${stage.name}/${name}`);
    }
    accuracies[stage.name] = ofStage;
  }
  return accuracies;
}

/** Only a detection changes how many items follow, so choices that differ in classifications alone are one. */
function distinctUpstream(
  manifest: Manifest,
  stage: number,
  reached: readonly Reached[],
): Pick<Reached, 'variants' | 'counts'>[] {
  const detectors = manifest.stages
    .slice(0, stage)
    .filter((s) => s.task === 'object-detection')
    .map((s) => s.name);
  const distinct = new Map<string, Pick<Reached, 'variants' | 'counts'>>();
  for (const { variants, counts } of reached) {
    const upstream = Object.fromEntries(detectors.map((name) => [name, variants[name]!]));
    distinct.set(JSON.stringify(upstream), { variants: upstream, counts });
  }
  return [...distinct.values()];
}

async function advance(
  before: Reached,
  s: number,
  stage: string,
  variant: string,
  run: RunVariant,
): Promise<Reached> {
  const { results, children, childCounts } = await runAll(before.items, (batch) => run(s, variant, batch));
  let next = 0;
  const ofScene = before.counts.map((count) => {
    const from = next;
    next += count;
    return {
      results: results.slice(from, next),
      children: childCounts.slice(from, next).reduce((sum, n) => sum + n, 0),
    };
  });
  return {
    variants: { ...before.variants, [stage]: variant },
    results: before.results.map((soFar, scene) => [...soFar, ofScene[scene]!.results]),
    items: children,
    counts: ofScene.map((scene) => scene.children),
  };
}

async function runAll(items: ItemBatch, run: (items: ItemBatch) => Promise<StageRun>) {
  const size = items.count ? items.pixels.length / items.count : 0;
  const runs: StageRun[] = [];
  for (let from = 0; from < items.count; from += BATCH) {
    const count = Math.min(BATCH, items.count - from);
    runs.push(await run({ count, pixels: items.pixels.slice(from * size, (from + count) * size) }));
  }
  return {
    results: runs.flatMap((r) => r.results),
    children: joinItems(runs.map((r) => r.children)),
    childCounts: runs.flatMap((r) => r.childCounts),
  };
}

function endToEnd(manifest: Manifest, pack: Pack, { variants, results }: Reached): EndToEnd {
  const ofScene = results.map((byStage, scene) =>
    requestCounts(manifest.stages, byStage, pack.truths[scene]!),
  );
  return {
    variants,
    metric: pipelineMetric(manifest),
    value: scoreOf(ofScene.reduce(addCounts, NO_COUNTS)) ?? 0,
    n: pack.truths.length,
    counts: ofScene.map(({ right, spurious, missed }) => [right, spurious, missed]),
  };
}
