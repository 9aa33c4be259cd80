import type { MeasuredCell } from '../documents/cell.ts';
import type { CoRun, CpuCoRun, GpuCoRun } from '../documents/co-run.ts';
import type { GpuBackend } from '../documents/common.ts';
import type { Profile } from '../documents/profile.ts';
import { summaryOf } from '../math/statistics.ts';
import { delayAtMs, meanDelayMs, percentileOfRun } from './delays.ts';
import { batchTimesMs } from './serving.ts';

type WorkerKind = Pick<MeasuredCell, 'backend' | 'threads'>;

/** The co-run of two workers of this backend and thread count that run different stages; undefined if not measured. */
export const coRunOf = ({ coRun }: Pick<Profile, 'coRun'>, kind: WorkerKind): CoRun | undefined =>
  coRun.find((entry) => isOf(entry, kind) && stageOfBoth(entry) === undefined);

/** The co-run of two CPU workers that run different stages; undefined on a GPU or if not measured. */
export const cpuCoRunOf = (profile: Pick<Profile, 'coRun'>, kind: WorkerKind): CpuCoRun | undefined => {
  const entry = coRunOf(profile, kind);
  return entry && 'delays' in entry ? entry : undefined;
};

/**
 * The co-run of two CPU workers that run the same stage; if it was not measured, the co-run of workers that run different stages.
 */
export const sameStageCoRunOf = (profile: Pick<Profile, 'coRun'>, kind: WorkerKind): CpuCoRun | undefined =>
  ofOneStage(profile, kind) ?? cpuCoRunOf(profile, kind);

/** Whether a co-run of two workers with this many threads was measured while both ran the same stage. */
export const hasSameStageCoRun = ({ coRun }: Pick<Profile, 'coRun'>, threads: number): boolean =>
  coRun.some((entry) => entry.threads === threads && stageOfBoth(entry) !== undefined);

const ofOneStage = ({ coRun }: Pick<Profile, 'coRun'>, kind: WorkerKind): CpuCoRun | undefined =>
  coRun.find((entry): entry is CpuCoRun => isOf(entry, kind) && stageOfBoth(entry) !== undefined);

/** The stage that both workers ran; undefined if each worker ran a stage of its own. */
const stageOfBoth = (entry: CoRun): string | undefined => ('stage' in entry ? entry.stage : undefined);

const isOf = (entry: CoRun, { backend, threads }: WorkerKind): boolean =>
  entry.backend === backend && entry.threads === threads;

/** Core time of the thread that hands out batches, for a batch of this stage; undefined on a GPU or if not measured. */
export function batchHostMs(
  profile: Pick<Profile, 'coRun'>,
  { stage, ...kind }: Pick<MeasuredCell, 'stage' | 'backend' | 'threads'>,
): number | undefined {
  const [own, mixed] = [ofOneStage(profile, kind), cpuCoRunOf(profile, kind)];
  return own?.stage === stage ? own.hostMs : (mixed?.hostMs ?? own?.hostMs);
}

const NO_DELAY = [{ percentile: 50, delayMs: 0 }];

/**
 * A profile without the delays that co-runs on a CPU add to batches, for a plan in which one worker runs all stages on the CPU. The
 * core time for handing out a batch and the extra time after another session's batch stay, and so do co-runs on a GPU.
 */
export const withoutCoRun = (profile: Profile): Profile => ({
  ...profile,
  coRun: profile.coRun.map((entry) =>
    'delays' in entry ? { ...entry, delays: NO_DELAY, slowDown: undefined } : entry,
  ),
});

/**
 * A profile whose co-runs are those of two workers on the same stage, for a plan whose workers all hold every stage, so that
 * neighbours often run the same one.
 */
export const withSameStageCoRun = (profile: Profile): Profile => ({
  ...profile,
  coRun: profile.coRun.map((entry): CoRun => {
    if (!('delays' in entry)) return entry;
    const { delays, slowDown } = sameStageCoRunOf(profile, entry)!;
    return { ...entry, delays, slowDown };
  }),
});

/**
 * With this many rounds, the largest value is hardly ever below the true median: that all five values are below it has a
 * probability of 0.5⁵, or 3 %.
 */
const SURE_ROUNDS = 5;

/**
 * How many times longer a batch takes while another worker is busy on the same GPU: the median over the rounds, and the upper
 * end of its confidence interval, which is infinite for fewer than {@link SURE_ROUNDS} rounds. Undefined if it was not measured.
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
  // A worker cannot be faster beside another one, so values below 1 are noise.
  const isSure = coRun.slowDowns.length >= SURE_ROUNDS;
  return { median: Math.max(1, p50), high: isSure ? Math.max(1, p50High) : Number.POSITIVE_INFINITY };
}

/** Share of batches that start while another worker is busy: an assumption, because the plan is not known yet. */
const BUSY = 0.5;

/**
 * Round-trip times of a cell's batches as expected in a plan, in the order of the runs. On a CPU, in a pipeline of several
 * stages, every second batch is slowed down as beside another worker, by a quantile of the co-run delays; the others stay as
 * measured alone.
 */
export function expectedTimesMs(
  profile: Pick<Profile, 'coRun' | 'stages' | 'serving'>,
  cell: MeasuredCell,
): number[] {
  const alone = batchTimesMs(profile, cell);
  const coRun = profile.stages.length > 1 ? cpuCoRunOf(profile, cell) : undefined;
  if (!coRun) return alone;
  const { delays, slowDown = 1 } = coRun;
  // Fewer than 20 samples are too few to spread the delays over, so each is the mean of its times alone and beside another worker.
  if (alone.length < 20)
    return alone.map((ms) => (1 - BUSY) * ms + BUSY * slowDown * (ms + meanDelayMs(delays)));
  return alone.map((ms, run) =>
    run % 2 === 0 ? ms : slowDown * (ms + delayAtMs(delays, percentileOfRun(run))),
  );
}
