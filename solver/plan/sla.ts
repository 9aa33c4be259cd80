import type { Cell, FanOut } from '../documents/profile.ts';
import { mean } from '../math/statistics.ts';

/** Lowest SLA that is set without being asked: below it, timers and scheduling rule. */
const MIN_SLA_MS = 50;

/** Items of a stage per request, the mean over scenes and upstream variants. */
export function meanFanOut(fanOut: readonly FanOut[], stage: string): number {
  const counts = fanOut.filter((entry) => entry.stage === stage).flatMap((entry) => entry.counts);
  return counts.length ? mean(counts) : 1;
}

/** Mean latency at batch 1 of each variant of a stage, on the fastest of the cells' backends. */
export function batch1Ms(cells: readonly Cell[], stage: string): Map<string, number> {
  const fastest = new Map<string, number>();
  for (const cell of cells)
    if (cell.state === 'measured' && cell.stage === stage && cell.batch === 1)
      fastest.set(
        cell.variant,
        Math.min(cell.latencyMs.mean, fastest.get(cell.variant) ?? Number.POSITIVE_INFINITY),
      );
  return fastest;
}

/**
 * IPA's rule for an SLA (from Swayam): 5 × the mean batch-1 latency over variants, summed over stages with their
 * fan-out.
 */
export function slaByRule(
  cells: readonly Cell[],
  stages: readonly string[],
  fanOut: readonly FanOut[],
): number {
  let sum = 0;
  for (const stage of stages) {
    const fastest = [...batch1Ms(cells, stage).values()];
    if (fastest.length) sum += mean(fastest) * meanFanOut(fanOut, stage);
  }
  return Math.max(MIN_SLA_MS, 5 * sum);
}
