import type { MeasuredCell } from '../documents/cell.ts';
import type { CoRun, CpuCoRun, GpuCoRun } from '../documents/co-run.ts';
import type { GpuBackend } from '../documents/common.ts';
import type { Profile } from '../documents/profile.ts';
import { summaryOf } from '../math/statistics.ts';
import { delayAtMs, meanDelayMs, percentileOfRun } from './delays.ts';
import { batchTimesMs } from './serving.ts';

/** The co-run (two workers side by side) of a backend and thread count; undefined if not measured. */
export const coRunOf = (
  { coRun }: Pick<Profile, 'coRun'>,
  { backend, threads }: Pick<MeasuredCell, 'backend' | 'threads'>,
): CoRun | undefined => coRun.find((entry) => entry.backend === backend && entry.threads === threads);

/** The co-run of a CPU backend and thread count; undefined on a GPU or if not measured. */
export const cpuCoRunOf = (
  profile: Pick<Profile, 'coRun'>,
  kind: Pick<MeasuredCell, 'backend' | 'threads'>,
): CpuCoRun | undefined => {
  const entry = coRunOf(profile, kind);
  return entry && 'delays' in entry ? entry : undefined;
};

const NO_DELAY = [{ percentile: 50, delayMs: 0 }];

/**
 * A profile without what its co-runs do to batches, for a plan in which no worker runs beside another. What handing out a batch takes
 * stays.
 */
export const withoutCoRun = (profile: Profile): Profile => ({
  ...profile,
  coRun: profile.coRun.flatMap((entry) =>
    'delays' in entry ? [{ ...entry, delays: NO_DELAY, slowDown: undefined, lateness: undefined }] : [],
  ),
});

/** The largest value of so many rounds is hardly ever under the true median: five values all are with a probability of 0.5⁵, or 3 %. */
const SURE_ROUNDS = 5;

/**
 * How many times longer a batch takes while another worker is busy on the same GPU: the median over the rounds, and the upper
 * end of its confidence interval, which few rounds do not have. Undefined if it was not measured.
 */
export function gpuSlowDown(
  profile: Pick<Profile, 'coRun'>,
  backend: GpuBackend,
): { readonly median: number; readonly high: number } | undefined {
  const coRun = profile.coRun.find(
    (entry): entry is GpuCoRun => 'slowDowns' in entry && entry.backend === backend,
  );
  if (!coRun) return undefined;
  const { p50, p50High } = summaryOf(coRun.slowDowns);
  // No worker is faster beside another: values below 1 are noise.
  const isSure = coRun.slowDowns.length >= SURE_ROUNDS;
  return { median: Math.max(1, p50), high: isSure ? Math.max(1, p50High) : Number.POSITIVE_INFINITY };
}

/** Assumed share of batches that start while another worker is busy, because the plan is not known yet. */
const BUSY = 0.5;

/**
 * Round-trip times of a cell's batches as expected in a plan, in the order of the runs. On a CPU with other stages beside it,
 * every second batch takes as long as beside another worker, with a quantile of the co-run delays; the others as measured alone.
 */
export function expectedTimesMs(
  profile: Pick<Profile, 'coRun' | 'stages' | 'serving'>,
  cell: MeasuredCell,
): number[] {
  const alone = batchTimesMs(profile, cell);
  const coRun = profile.stages.length > 1 ? cpuCoRunOf(profile, cell) : undefined;
  if (!coRun) return alone;
  const { delays, slowDown = 1 } = coRun;
  // Under 20 samples are too few to spread the delays over, so each gets the mean delay.
  if (alone.length < 20)
    return alone.map((ms) => (1 - BUSY) * ms + BUSY * slowDown * (ms + meanDelayMs(delays)));
  return alone.map((ms, run) =>
    run % 2 === 0 ? ms : slowDown * (ms + delayAtMs(delays, percentileOfRun(run))),
  );
}
