import type { GpuBackend } from '../documents/common.ts';
import type { CpuCoRun, GpuCoRun, MeasuredCell, Profile } from '../documents/profile.ts';
import { mean, summarise } from '../math/statistics.ts';

/** The co-run that tells of a CPU backend and thread count; none on a GPU, or where it was not measured. */
export const cpuCoRunOf = (
  profile: Pick<Profile, 'coRun'>,
  { backend, threads }: Pick<MeasuredCell, 'backend' | 'threads'>,
): CpuCoRun | undefined =>
  profile.coRun.find(
    (entry): entry is CpuCoRun => 'delays' in entry && entry.backend === backend && entry.threads === threads,
  );

/** As where one worker has no other one beside it. */
export const withoutCoRun = (profile: Profile): Profile => ({ ...profile, coRun: [] });

/**
 * The delay of a batch beside a busy worker, at a percentile of such delays: linear between those measured, level beyond
 * them.
 */
export function delayAtMs({ delays }: Pick<CpuCoRun, 'delays'>, percentile: number): number {
  const above = delays.findIndex((point) => point.percentile >= percentile);
  if (above === 0) return delays[0]!.delayMs;
  if (above < 0) return delays.at(-1)!.delayMs;
  const [a, b] = [delays[above - 1]!, delays[above]!];
  return a.delayMs + ((b.delayMs - a.delayMs) * (percentile - a.percentile)) / (b.percentile - a.percentile);
}

/**
 * How many times longer than alone a batch takes while one other worker is busy on the same GPU: the median over the rounds and
 * the end of its confidence interval; undefined: it was not measured.
 */
export function gpuSlowDown(
  profile: Pick<Profile, 'coRun'>,
  backend: GpuBackend,
): { readonly median: number; readonly high: number } | undefined {
  const coRun = profile.coRun.find(
    (entry): entry is GpuCoRun => 'slowDowns' in entry && entry.backend === backend,
  );
  if (!coRun) return undefined;
  const { p50, p50High } = summarise(coRun.slowDowns);
  // A worker is not made faster by another one: what is under 1 is noise.
  return { median: Math.max(1, p50), high: Math.max(1, p50High) };
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
  const coRun = profile.stages.length > 1 ? cpuCoRunOf(profile, cell) : undefined;
  if (!coRun) return alone;
  const meanDelayMs = mean(Array.from({ length: 100 }, (_, i) => delayAtMs(coRun, i + 0.5)));
  // Too few samples to spread delays over get the mean of them.
  if (alone.length < 20) return alone.map((ms) => ms + BUSY * meanDelayMs);
  return alone.map((ms, run) => (run % 2 === 0 ? ms : ms + delayAtMs(coRun, 100 * ((run * GOLDEN) % 1))));
}
