import type { Cell, FanOut } from './documents/profile.ts';
import { mean } from './statistics.ts';

/** Lowest SLA that is set without being asked: below it, timers and scheduling rule. */
const MIN_SLA_MS = 50;

/** Items of a stage per request, the mean over scenes and upstream variants. */
export function meanFanOut(fanOut: readonly FanOut[], stage: string): number {
  const counts = fanOut.filter((entry) => entry.stage === stage).flatMap((entry) => entry.counts);
  return counts.length ? mean(counts) : 1;
}

/**
 * IPA's rule for an SLA (from Swayam): 5 × the mean batch-1 latency over variants, summed over stages with their
 * fan-out; of a variant, on the fastest of the backends given.
 */
export function slaByRule(
  cells: readonly Cell[],
  stages: readonly string[],
  fanOut: readonly FanOut[],
): number {
  let sum = 0;
  for (const stage of stages) {
    const fastest = new Map<string, number>();
    for (const cell of cells)
      if (cell.state === 'measured' && cell.stage === stage && cell.batch === 1)
        fastest.set(
          cell.variant,
          Math.min(cell.latencyMs.mean, fastest.get(cell.variant) ?? Number.POSITIVE_INFINITY),
        );
    if (fastest.size) sum += mean([...fastest.values()]) * meanFanOut(fanOut, stage);
  }
  return Math.max(MIN_SLA_MS, 5 * sum);
}
