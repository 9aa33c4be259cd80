import { onGpu } from '../documents/common.ts';
import { paretoBest } from '../math/pareto.ts';
import type { Threshold } from './cascades.ts';
import type { CellFacts } from './cell-facts.ts';
import { type PlanOption, totalsOf, utilisationOf } from './plan-option.ts';
import type { IlpRequest } from './request.ts';
import { fixedReplicas, type RowOption, replicasFor, rowOption } from './row-option.ts';
import { type CascadeFacts, NO_REQUEST_COST, type StageFacts } from './stage-facts.ts';

/**
 * The options of a cascade, without those that another one at the same threshold equals or beats in everything. Two variants on a
 * CPU with the same threads sit in the same workers, unless stages run in pods: a share of a replica would cost a whole one.
 */
export function cascadeOptions(
  stage: StageFacts,
  { thresholds, lightCells, heavyCells }: CascadeFacts,
  request: IlpRequest,
  stages: number,
): PlanOption[] {
  const alone = { stages, rows: 2 };
  const options = thresholds.map((): PlanOption[] => []);
  const offer = (t: number, light: RowOption, heavy: RowOption) => {
    const { below, accuracy, items } = thresholds[t]!;
    const share = stage.items.mean === 0 ? 0 : Math.min(1, items.mean / stage.items.mean);
    options[t]!.push({ ...light, cascade: { heavy, below, share, accuracy } });
  };
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
    const [joined, others] = [true, false].map((joins) =>
      lights.filter(({ facts }) => sitTogether(facts, heavy, request) === joins),
    );
    if (others!.length > 0)
      for (const t of contenders(thresholds, heavy, request, (at) => replicasFor(busy[at]!, request))) {
        const row = rowOption(heavyRow(t), heavy, request, alone);
        for (const light of others!) offer(t, light.row, row);
      }
    for (const { facts: light } of joined!) {
      const first = busyOf(stage.items.mean, light);
      const replicasAt = (t: number) =>
        fixedReplicas(stage.name, request) ?? replicasFor(first + busy[t]!, request);
      for (const t of contenders(thresholds, heavy, request, replicasAt)) {
        const all = first + busy[t]!;
        const place = (own: number) => ({
          ...alone,
          together: { replicas: replicasAt(t), busy: all, part: all > 0 ? own / all : 0.5 },
        });
        offer(
          t,
          rowOption(stage, light, request, place(first)),
          rowOption(heavyRow(t), heavy, request, place(busy[t]!)),
        );
      }
    }
  }
  return options.flatMap(undominated);
}

/** Whether a cascade's two variants sit in the same workers. */
const sitTogether = (light: CellFacts, heavy: CellFacts, { apart, sharedThreads }: IlpRequest): boolean =>
  apart === undefined &&
  sharedThreads === undefined &&
  !onGpu(light.cell.backend) &&
  light.cell.backend === heavy.cell.backend &&
  light.cell.threads === heavy.cell.threads;

/** Where escalated items take a share of something, thresholds are offered that differ by this much in accuracy. */
const SHARE_STEP = 0.005;

/**
 * The thresholds that may be the best for a pair of cells, by their index. Of those with equally many replicas, and equally many
 * items at the percentile, it is the highest: the most accurate one, whose batches also fill the soonest. Escalated items may also
 * take a share of something: of a GPU, of a worker for all stages, of the time of serving. A lower threshold takes less of it, so
 * lower ones are offered, too.
 */
function contenders(
  thresholds: readonly Threshold[],
  heavy: CellFacts,
  { sharedThreads }: IlpRequest,
  replicasAt: (index: number) => number,
): number[] {
  const takesShare =
    sharedThreads !== undefined || onGpu(heavy.cell.backend) || heavy.threadMs > 0 || heavy.hostMs > 0;
  const kept: number[] = [];
  for (let t = thresholds.length - 1; t >= 0; t--) {
    const { accuracy, items } = thresholds[t]!;
    const higher = thresholds[kept.at(-1) ?? -1];
    const beaten =
      higher !== undefined &&
      replicasAt(t) === replicasAt(kept.at(-1)!) &&
      items.atPercentile === higher.items.atPercentile &&
      items.mean > 0 &&
      !(takesShare && accuracy <= higher.accuracy - SHARE_STEP);
    if (!beaten) kept.push(t);
  }
  return kept;
}

/** The totals by which options of equal accuracy are compared. */
const TOTALS = [
  'latencyMs',
  'cost',
  'batch',
  'gpuShare',
  'cores',
  'busyCores',
  'threadShare',
  'memoryBytes',
  'switchCost',
] as const;

/** Options of equal accuracy without those that another equals or beats in every total. Of equal ones one stays. */
function undominated(options: readonly PlanOption[]): PlanOption[] {
  const width = TOTALS.length + 1;
  const table = new Float64Array(options.length * width);
  for (const [o, option] of options.entries()) {
    const totals = totalsOf(option);
    for (const [t, total] of TOTALS.entries()) table[o * width + t] = totals[total];
    table[o * width + TOTALS.length] = utilisationOf(option);
  }
  return paretoBest(table, width, options.length).map((o) => options[o]!);
}
