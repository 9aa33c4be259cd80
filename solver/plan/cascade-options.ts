import { onGpu } from '../documents/common.ts';
import type { LimitedTotal } from '../ilp/core.ts';
import { paretoBest } from '../math/pareto.ts';
import type { Threshold } from './cascades.ts';
import type { CellFacts } from './cell-facts.ts';
import { type PlanOption, totalsOf, utilisationOf } from './plan-option.ts';
import { combinesRanks, type IlpRequest } from './request.ts';
import { fixedReplicas, type RowOption, replicasFor, rowOption } from './row-option.ts';
import { type CascadeFacts, NO_REQUEST_COST, type StageFacts } from './stage-facts.ts';

/** A way to run a cascade. Only the few candidates that no other candidate or option equals or beats become options. */
interface Candidate {
  readonly light: RowOption;
  readonly heavy: RowOption;
  readonly threshold: Threshold;
}

/**
 * The options of a stage's cascades, without those that another cascade option or a single variant equals or beats in everything.
 * @param alone the options that run one variant of the stage without a cascade
 * @param heldPart the stage's part of the cores that shared workers hold
 * @param limited the totals that the problem's limits bound
 */
export function cascadeOptions(
  stage: StageFacts,
  alone: readonly RowOption[],
  request: IlpRequest,
  heldPart: number,
  limited: readonly LimitedTotal[],
): PlanOption[] {
  // First, each cascade's candidates are compared with each other: those of dozens of variants together would fill the memory.
  const candidates = stage.cascades.flatMap((cascade) =>
    undominated(candidatesOf(stage, cascade, request, heldPart, limited), alone, request, limited),
  );
  return undominated(candidates, alone, request, limited).map(({ light, heavy, threshold }) => {
    const { below, accuracy, items } = threshold;
    const share = stage.items.mean === 0 ? 0 : Math.min(1, items.mean / stage.items.mean);
    return { ...light, cascade: { heavy, below, share, accuracy } };
  });
}

/**
 * The ways to run a cascade. Two variants on a CPU with the same threads run in the same workers, unless workers are pods,
 * because in workers of its own a variant that needs a fraction of a replica would cost a whole one.
 */
function candidatesOf(
  stage: StageFacts,
  { thresholds, lightCells, heavyCells }: CascadeFacts,
  request: IlpRequest,
  heldPart: number,
  limited: readonly LimitedTotal[],
): Candidate[] {
  const alone = { heldPart, rows: 2 };
  const candidates: Candidate[] = [];
  const heavyRow = (t: number) => ({
    name: stage.name,
    items: thresholds[t]!.items,
    request: NO_REQUEST_COST,
    escalated: true,
  });
  const busyOf = (perRequest: number, { cell, meanMs }: CellFacts) =>
    (request.ratePerS * perRequest * meanMs) / (1000 * cell.batch);
  const lights = lightCells.map((facts) => ({ facts, row: rowOption(stage, facts, request, alone) }));
  for (const heavy of heavyCells) {
    const busy = thresholds.map(({ items }) => busyOf(items.mean, heavy));
    const takesShare =
      request.shared !== undefined ||
      onGpu(heavy.cell.backend) ||
      heavy.threadMs > 0 ||
      limited.includes('busyCores');
    const joins = ({ facts }: (typeof lights)[number]) => sitTogether(facts, heavy, request);
    const others = lights.filter((light) => !joins(light));
    if (others.length > 0)
      for (const t of contenders(thresholds, takesShare, (at) => replicasFor(busy[at]!, request))) {
        const row = rowOption(heavyRow(t), heavy, request, alone);
        for (const light of others)
          candidates.push({ light: light.row, heavy: row, threshold: thresholds[t]! });
      }
    for (const { facts: light } of lights.filter(joins)) {
      const first = busyOf(stage.items.mean, light);
      const replicasAt = (t: number) =>
        fixedReplicas(stage.name, request) ?? replicasFor(first + busy[t]!, request);
      for (const t of contenders(thresholds, takesShare, replicasAt)) {
        const all = first + busy[t]!;
        const place = (own: number) => ({
          ...alone,
          together: { replicas: replicasAt(t), busy: all, part: all > 0 ? own / all : 0.5 },
        });
        candidates.push({
          light: rowOption(stage, light, request, place(first)),
          heavy: rowOption(heavyRow(t), heavy, request, place(busy[t]!)),
          threshold: thresholds[t]!,
        });
      }
    }
  }
  return candidates;
}

/** Whether a cascade's two variants share replicas that hold no other stage. */
const sitTogether = (light: CellFacts, heavy: CellFacts, { apart, shared }: IlpRequest): boolean =>
  apart === undefined &&
  shared === undefined &&
  !onGpu(light.cell.backend) &&
  light.cell.backend === heavy.cell.backend &&
  light.cell.threads === heavy.cell.threads;

/**
 * If escalated items use a share of a resource, each threshold that is left out is at most this much more accurate than a lower
 * one that is offered.
 */
const SHARE_STEP = 0.005;

/**
 * The indices of the thresholds that may be the best for a pair of cells. Among thresholds with equally many replicas and equally
 * many items at the percentile, the highest is the best: it is the most accurate, and its batches fill the soonest. If escalated
 * items also use a share of a resource (a GPU, a worker for all stages, the serving thread, or the cores beside serving), lower
 * thresholds use less of that resource, so some of them are offered, too. So are those under which no item escalates, because
 * then no batch of the heavy variant waits to be full.
 */
function contenders(
  thresholds: readonly Threshold[],
  takesShare: boolean,
  replicasAt: (index: number) => number,
): number[] {
  const alike = (a: number, b: number) =>
    thresholds[a]?.items.atPercentile === thresholds[b]?.items.atPercentile &&
    replicasAt(a) === replicasAt(b);
  const kept: number[] = [];
  for (const [t, { accuracy, items }] of thresholds.entries()) {
    const last = kept.at(-1);
    const highest = t === thresholds.length - 1 || !alike(t, t + 1);
    const far = last === undefined || !alike(last, t) || accuracy >= thresholds[last]!.accuracy + SHARE_STEP;
    if (highest || items.mean === 0 || (takesShare && far)) kept.push(t);
  }
  return kept;
}

/**
 * The candidates that no other candidate and no single variant equals or beats in everything: accuracy, cost, the terms that the
 * objective subtracts, utilisation above its limit, and each total that a limit bounds. Of equal candidates one stays.
 */
function undominated(
  candidates: readonly Candidate[],
  alone: readonly RowOption[],
  request: IlpRequest,
  limited: readonly LimitedTotal[],
): Candidate[] {
  const { objective, resources } = request;
  // An accuracy's rank depends on which other accuracies are offered, so only options of equal accuracy are compared.
  const ranked = combinesRanks(request);
  const width = 5 + limited.length;
  const table = new Float64Array((candidates.length + alone.length) * width);
  const fill = (row: number, light: RowOption, heavy: RowOption | undefined, accuracy: number) => {
    const totals = totalsOf(light, heavy);
    const columns = [
      totals.cost,
      -accuracy,
      ranked ? accuracy : 0,
      objective.beta * totals.cost + objective.delta * totals.batch + totals.switchCost,
      Math.max(0, utilisationOf(light, heavy) - resources.utilisationMax),
    ];
    table.set(columns, row * width);
    for (const [l, of] of limited.entries()) table[row * width + columns.length + l] = totals[of];
  };
  for (const [c, { light, heavy, threshold }] of candidates.entries())
    fill(c, light, heavy, threshold.accuracy);
  for (const [o, option] of alone.entries()) fill(candidates.length + o, option, undefined, option.accuracy);
  return paretoBest(table, width, candidates.length + alone.length)
    .filter((row) => row < candidates.length)
    .sort((a, b) => a - b)
    .map((row) => candidates[row]!);
}
