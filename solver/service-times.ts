import { onGpu } from './documents/common.ts';
import type { CoRun, MeasuredCell, Profile } from './documents/profile.ts';
import { sortedNumbers } from './statistics.ts';

/** What of a profile tells how long a cell's batches take in a plan. */
export type ServiceProfile = Pick<Profile, 'cells' | 'stages' | 'coRun'>;

/**
 * Whole round trips of a cell's batches as a plan will have them, rising. Cells are measured alone; on a CPU the other
 * stages' workers run beside it, so where that was measured, each quantile is slowed by what it was then.
 */
export function serviceTimesMs(profile: Pick<Profile, 'stages' | 'coRun'>, cell: MeasuredCell): Float64Array {
  const alone = sortedNumbers(cell.inferenceMs.map((ms, run) => ms + cell.handlingMs[run]!));
  if (onGpu(cell.backend) || profile.stages.length === 1) return alone;
  const coRun = profile.coRun.find(
    (entry) => entry.backend === cell.backend && entry.threads === cell.threads,
  );
  return coRun ? alone.map((ms, i) => ms * slowdownAt(coRun, (100 * (i + 0.5)) / alone.length)) : alone;
}

/** The slowdown at a percentile: linear between those measured, level beyond them. */
export function slowdownAt({ slowdowns }: Pick<CoRun, 'slowdowns'>, percentile: number): number {
  const above = slowdowns.findIndex((point) => point.percentile >= percentile);
  if (above === 0) return slowdowns[0]!.times;
  if (above < 0) return slowdowns.at(-1)!.times;
  const [a, b] = [slowdowns[above - 1]!, slowdowns[above]!];
  return a.times + ((b.times - a.times) * (percentile - a.percentile)) / (b.percentile - a.percentile);
}
