import { onGpu } from './documents/common.ts';
import type { CoRun, MeasuredCell, Profile } from './documents/profile.ts';
import { mean } from './statistics.ts';

/** The co-run that tells of a backend and thread count; none on a GPU, or where it was not measured. */
export const coRunOf = (
  profile: Pick<Profile, 'coRun'>,
  { backend, threads }: Pick<MeasuredCell, 'backend' | 'threads'>,
): CoRun | undefined =>
  onGpu(backend)
    ? undefined
    : profile.coRun.find((entry) => entry.backend === backend && entry.threads === threads);

/** The delay of a batch beside a busy worker, at a percentile of such delays: linear between those measured, level beyond them. */
export function delayAtMs({ delays }: Pick<CoRun, 'delays'>, percentile: number): number {
  const above = delays.findIndex((point) => point.percentile >= percentile);
  if (above === 0) return delays[0]!.delayMs;
  if (above < 0) return delays.at(-1)!.delayMs;
  const [a, b] = [delays[above - 1]!, delays[above]!];
  return a.delayMs + ((b.delayMs - a.delayMs) * (percentile - a.percentile)) / (b.percentile - a.percentile);
}

/** How often another worker is taken to be busy when a batch starts, before a plan is known. */
const BUSY = 0.5;
/** Steps through the delays' quantiles so that any few neighbours in a row spread over all of them. */
const GOLDEN = 0.618034;

/**
 * Whole round trips of a cell's batches as a plan is likely to have them: alone, and on a CPU beside other stages every second
 * one delayed by a quantile of what was measured. In the order of the runs.
 */
export function expectedTimesMs(profile: Pick<Profile, 'coRun' | 'stages'>, cell: MeasuredCell): number[] {
  const alone = cell.inferenceMs.map((inferenceMs, run) => inferenceMs + cell.handlingMs[run]!);
  const coRun = profile.stages.length > 1 ? coRunOf(profile, cell) : undefined;
  if (!coRun) return alone;
  const meanDelayMs = mean(Array.from({ length: 100 }, (_, i) => delayAtMs(coRun, i + 0.5)));
  // Too few samples to spread delays over get the mean of them.
  if (alone.length < 20) return alone.map((ms) => ms + BUSY * meanDelayMs);
  return alone.map((ms, run) => (run % 2 === 0 ? ms : ms + delayAtMs(coRun, 100 * ((run * GOLDEN) % 1))));
}
