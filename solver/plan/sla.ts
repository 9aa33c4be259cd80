import { type Cell, smallestBatches } from '../documents/cell.ts';
import type { CoRun } from '../documents/co-run.ts';
import type { FanOut } from '../documents/profile.ts';
import { mean } from '../math/statistics.ts';
import { LATE_SHARE } from '../report/lateness.ts';
import { fanOutStage } from '../simulate/fanout.ts';
import { delayAtMs } from './delays.ts';

/** The shortest SLA that the rule gives: below it, latencies depend on timers and the operating system's scheduler. */
const SLA_MS_MIN = 50;

/**
 * Mean number of items per request of the stage that {@link fanOutStage} names, over all items of the pack and upstream variants;
 * 1 if it names no stage.
 */
function meanFanOut(fanOut: readonly FanOut[], stage: string | undefined): number {
  const counts = fanOut.filter((entry) => entry.stage === stage).flatMap((entry) => entry.counts);
  return counts.length ? mean(counts) : 1;
}

/** For each variant of a stage, the mean latency of its smallest batch on the fastest of the cells' backends. */
export function smallestBatchMs(cells: readonly Cell[], stage: string): Map<string, number> {
  const fastest = new Map<string, number>();
  for (const cell of smallestBatches(cells))
    if (cell.stage === stage)
      fastest.set(
        cell.variant,
        Math.min(cell.latencyMs.mean, fastest.get(cell.variant) ?? Number.POSITIVE_INFINITY),
      );
  return fastest;
}

/**
 * The SLA by IPA's rule, which is from Swayam: 5 × the mean latency of a stage's variants at their smallest batch × the stage's
 * fan-out, summed over the stages; at least {@link SLA_MS_MIN}. Sending requests late must not show in a run's p95 (see
 * `isValid`), so the SLA is also so long that the p95 of the lateness beside busy workers is at most {@link LATE_SHARE} of it.
 * @param coRun the co-runs in which that lateness was measured
 */
export function slaByRule(
  cells: readonly Cell[],
  stages: readonly string[],
  fanOut: readonly FanOut[],
  coRun: readonly CoRun[] = [],
): number {
  let sum = 0;
  for (const [at, stage] of stages.entries()) {
    const fastest = [...smallestBatchMs(cells, stage).values()];
    if (fastest.length) sum += mean(fastest) * meanFanOut(fanOut, fanOutStage(fanOut, stages, at));
  }
  const latenessMs = coRun.flatMap((entry) =>
    'lateness' in entry && entry.lateness ? delayAtMs(entry.lateness, 95) : [],
  );
  return Math.max(SLA_MS_MIN, 5 * sum, ...latenessMs.map((ms) => ms / LATE_SHARE));
}
