import { rowsByIndex } from '../dispatch/rows.ts';
import type { CpuCoRun } from '../documents/co-run.ts';
import { onGpu } from '../documents/common.ts';
import { type Plan, type PlanStage, stageNameOf } from '../documents/plan.ts';
import { cellsOfRow, type Profile } from '../documents/profile.ts';
import { areOfRow, type ServiceTimes } from '../documents/run-report.ts';
import { getOrMake } from '../math/maps.ts';
import type { Random } from '../math/random.ts';
import { batchHostMs, coRunOf, cpuCoRunOf, gpuSlowDown, sameStageCoRunOf } from '../plan/co-run.ts';
import { delayAtMs, meanDelayMs } from '../plan/delays.ts';
import {
  batchPause,
  batchTimesMs,
  hopCoresMs,
  hopPause,
  overlapOf,
  type PauseDelay,
  requestCostOf,
  requestPause,
} from '../plan/serving.ts';
import { BatchTimes, type MeasuredBatches } from './batch-times.ts';

/** What the time of a batch depends on beside its row and its number of items. */
interface Circumstances {
  /** Total size of the batch's items, in the stage's unit; undefined if it is not known. */
  readonly size: number | undefined;
  /** The rows that other workers run when the batch starts. */
  readonly beside: readonly number[];
  /** The row whose batch the worker ran before; undefined if it ran none. */
  readonly after: number | undefined;
  /** How long the row's session was idle in this worker before; infinite if it ran no batch there. */
  readonly idleMs: number;
  /** Index of the measured batch that this batch is as slow as, modulo the number of the row's measured batches. Absent: random. */
  readonly sample?: number;
}

/** Gives simulated batches their service times. Rows are given by their index. */
export interface ServiceModel {
  /** Draws the round-trip time of one batch. */
  sampleMs(row: number, items: number, random: Random, circumstances: Circumstances): number;
  /**
   * The part of a batch's time that passes while its worker still runs the batch before, if the batch was handed out early
   * enough. Absent: no part.
   */
  overlapMs?(row: number, items: number): number;
  /** How late requests are sent while workers run these rows. Absent: always on time. */
  latenessMs?(running: readonly number[], random: Random): number;
  /** How many times longer a batch takes while workers run these rows, its own included. Absent: batches do not interact. */
  slowDown?(row: number, running: readonly number[]): number;
  /** The time that serving takes beside the batches. Absent: none. */
  readonly serving?: ServingModel;
}

/** What serving adds to a request's latency, and how long it holds the one thread that serves requests and hands out batches. */
export interface ServingModel {
  /** Time of the thread for a request: half of it before the request waits for its batch, half to answer it. */
  readonly requestMs: number;
  /** Mean time of a request's way from its client and back, outside the thread. */
  readonly wayMs: number;
  /** Draws the time of one request's way from its client and back. */
  sampleWayMs(random: Random): number;
  /** Time of the thread for a batch: half of it to hand it out, half to take its results. It is a part of the batch's time. */
  threadMs(row: number, items: number): number;
  /** How much longer a request takes after the thread was idle for `idleMs`. Absent: no longer. */
  requestPauseMs?(idleMs: number, random: Random): number;
  /** How late a timer of the thread is. Absent: never. */
  timerMs?(random: Random): number;
}

export class UnmeasuredStageError extends Error {
  override readonly name = 'UnmeasuredStageError';
  constructor(stage: string) {
    super(`No batch of ${stage} was measured. Profile it, or choose a variant that was measured.`);
  }
}

/** Slow-down of two workers on a GPU if no co-run was measured: as if they only took turns. */
const TAKING_TURNS = 2;

/**
 * Draws service times from the profile's batches of the chosen variants. Each time is the whole round trip of one measured batch,
 * adjusted to the sizes of the items (`batch-times.ts`). The profiler measured these batches alone, so the model adds other
 * effects:
 *
 * - The profile's co-runs say how batches in several workers slow each other. On a CPU, they also delay a batch that starts
 *   beside another, and a request that arrives beside two. Co-runs of one stage and of two stages are measured separately.
 * - A batch takes longer after another session's batch in its worker.
 * - A batch takes longer after a pause of its session, unless a co-run delays it: on busy cores, real batches have one delay or
 *   the other.
 *
 * @param body form of the requests' bodies, as in the plan
 * @throws UnmeasuredStageError
 */
export const serviceFromProfile = (
  profile: Pick<Profile, 'cells' | 'coRun' | 'serving' | 'batchPauses'>,
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'threads' | 'escalation' | 'standby'>[],
  body?: Plan['body'],
): ServiceModel => {
  const rows = rowsByIndex(stages);
  const coRun = coRunsAmong(profile, rows);
  return {
    ...serviceFromBatches(
      rows.map((row) => {
        if (!row) return undefined;
        const cells = cellsOfRow(profile, row);
        const stage = stageNameOf(row);
        return {
          label: `${row.name}/${row.variant}/${row.backend}/${row.threads}`,
          afterOther: coRunOf(profile, row)?.afterOther,
          pause: batchPause(profile, stage, row.backend),
          hopPause: hopPause(profile),
          overlap: overlapOf(profile, { ...row, name: stage }, cells),
          measured: cells.map((cell) => ({
            items: cell.batch,
            timesMs: batchTimesMs(profile, cell),
            sizes: cell.sizes,
          })),
        };
      }),
      coRun,
    ),
    ...besideOthers(profile, rows, coRun),
    ...sharedCores(profile, coRun),
    ...servedRequests(profile, rows, body),
  };
};

type Row = Pick<PlanStage, 'name' | 'backend' | 'threads' | 'escalation' | 'standby'>;

/**
 * Returns a function that gives the time that the serving thread takes to hand out a batch and to take its results, by row and
 * number of items; 0 if it was not measured. The function caches the times, because a simulation asks for the same few many
 * times.
 */
export function threadMsOf(
  profile: Pick<Profile, 'coRun' | 'serving'>,
  rows: readonly (Row | undefined)[],
): ServingModel['threadMs'] {
  const known = rows.map(() => new Map<number, number>());
  return (index, items) => {
    const row = rows[index];
    if (!row) return 0; // The batch is of an earlier plan, which had the row.
    const stage = stageNameOf(row);
    const threadMs = () =>
      hopCoresMs(profile, stage, items)?.gatewayMs ?? batchHostMs(profile, { ...row, stage }) ?? 0;
    return getOrMake(known[index]!, items, threadMs);
  };
}

/** The time that serving takes beside the batches; empty if the profile did not measure it. */
function servedRequests(
  profile: Pick<Profile, 'coRun' | 'serving'>,
  rows: readonly (Row | undefined)[],
  body: Plan['body'],
): Pick<ServiceModel, 'serving'> {
  const cost = requestCostOf(profile, { body });
  if (!cost) return {};
  const timers = profile.serving?.timers;
  const afterPause = requestPause(profile);
  const outsideMs = (ms: number) => Math.max(0, ms - cost.coreMs);
  return {
    serving: {
      requestMs: cost.coreMs,
      wayMs: outsideMs(meanDelayMs(cost.latency)),
      sampleWayMs: (random) => outsideMs(delayAtMs(cost.latency, 100 * random())),
      threadMs: threadMsOf(profile, rows),
      requestPauseMs: (idleMs, random) => afterPause(idleMs, 100 * random()),
      ...(timers && { timerMs: (random) => delayAtMs(timers, 100 * random()) }),
    },
  };
}

/**
 * The co-run whose figures hold for a batch of a row while workers run the rows of `running`, its own included. Undefined if the
 * row is on a GPU, if no other worker is busy on cores, or if the profile lacks the co-run.
 */
type CoRunAmong = (row: number, running: readonly number[]) => CpuCoRun | undefined;

function coRunsAmong(
  profile: Pick<Profile, 'coRun'>,
  rows: readonly (Pick<PlanStage, 'name' | 'backend' | 'threads' | 'escalation'> | undefined)[],
): CoRunAmong {
  const onCores = rows.map((row) =>
    row && !onGpu(row.backend)
      ? {
          stage: stageNameOf(row),
          sameStage: sameStageCoRunOf(profile, row),
          otherStage: cpuCoRunOf(profile, row),
        }
      : undefined,
  );
  return (row, running) => {
    const own = onCores[row];
    if (!own) return undefined;
    let [busy, sameStage] = [0, 0];
    for (const other of running) {
      const stage = onCores[other]?.stage;
      if (stage !== undefined) busy++;
      if (stage === own.stage) sameStage++;
    }
    if (busy < 2) return undefined;
    return sameStage < 2 ? own.otherStage : own.sameStage;
  };
}

/**
 * Makes requests late while two workers run on the CPU, because the thread that sends requests and hands out batches then waits
 * for a core. Latency counts from the scheduled arrival, so it includes the wait. The thread's wait at the end of a batch is part
 * of the measured co-run delays.
 */
function sharedCores(
  { coRun, serving }: Pick<Profile, 'coRun' | 'serving'>,
  among: CoRunAmong,
): Pick<ServiceModel, 'latenessMs'> {
  // A profile with `timers` is of a server, to which requests come without a timer, so only the wait for a core counts.
  const timers = serving?.timers;
  if (!coRun.some((entry) => 'lateness' in entry && entry.lateness)) return {};
  return {
    latenessMs(running, random) {
      if (running.length < 2) return 0;
      const onCores = running.find((row) => among(row, running));
      const delays = onCores === undefined ? undefined : among(onCores, running)?.lateness;
      if (!delays) return 0;
      const percentile = 100 * random();
      return Math.max(0, delayAtMs(delays, percentile) - (timers ? delayAtMs(timers, percentile) : 0));
    },
  };
}

/**
 * The slow-down of batches beside other workers; on one GPU it is the same for all of them. The profiler measured only two
 * workers together. The model assumes that more than two get no more done on a GPU than two, and that on a CPU, where each worker
 * has cores of its own, several others slow a batch as much as one does.
 */
function besideOthers(
  profile: Pick<Profile, 'coRun'>,
  rows: readonly (Pick<PlanStage, 'backend'> | undefined)[],
  among: CoRunAmong,
): Pick<ServiceModel, 'slowDown'> {
  const gpus = rows.map((row) => (row && onGpu(row.backend) ? row.backend : undefined));
  const onGpus = gpus.map((gpu) => gpu && (gpuSlowDown(profile, gpu)?.median ?? TAKING_TURNS));
  const onCores = profile.coRun.some((entry) => 'slowDown' in entry && entry.slowDown !== undefined);
  if (!onCores && gpus.every((gpu) => gpu === undefined)) return {};
  return {
    slowDown(row, running) {
      if (running.length < 2) return 1;
      const gpu = gpus[row];
      if (!gpu) return among(row, running)?.slowDown ?? 1;
      const busy = running.filter((other) => gpus[other] === gpu).length;
      return busy < 2 ? 1 : (onGpus[row]! * busy) / 2;
    },
  };
}

/**
 * Makes a model that draws service times from the batches that a run ran with the variants of `stages`. Batches of one size are
 * pooled, whichever plan served. The times already contain what other workers and sessions did to a batch.
 * @throws UnmeasuredStageError
 */
export const serviceFromRun = (
  service: readonly ServiceTimes[],
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'escalation' | 'standby'>[],
): ServiceModel =>
  serviceFromBatches(
    rowsByIndex(stages).map(
      (row) =>
        row && {
          label: `${row.name}/${row.variant}/${row.backend}`,
          measured: service
            .filter((batches) => areOfRow(batches, row))
            .map(({ items, samplesMs }) => ({ items, timesMs: samplesMs })),
        },
    ),
  );

interface RowTimes {
  readonly label: string;
  readonly afterOther?: number | undefined;
  readonly pause?: PauseDelay | undefined;
  readonly hopPause?: PauseDelay | undefined;
  readonly overlap?: ((items: number) => number) | undefined;
  readonly measured: readonly MeasuredBatches[];
}

function serviceFromBatches(
  rows: readonly (RowTimes | undefined)[],
  among: CoRunAmong = () => undefined,
): ServiceModel {
  const tables = rows.map((row) => {
    if (!row) return undefined;
    if (row.measured.length === 0) throw new UnmeasuredStageError(row.label);
    const times = new BatchTimes(row.measured);
    return { ...row, times, afterOtherMs: (row.afterOther ?? 0) * times.smallestMs };
  });
  return {
    overlapMs: (row, items) => tables[row]!.overlap?.(items) ?? 0,
    sampleMs(row, items, random, { size, beside, after, idleMs, sample }) {
      const { afterOtherMs, pause, hopPause, times } = tables[row]!;
      const otherBefore = after !== undefined && after !== row;
      const quantile = sample === undefined ? random() : times.quantileOf(sample, items);
      const alone = times.atMs(items, quantile, size) + (otherBefore ? afterOtherMs : 0);
      const coRun = beside.length > 0 ? among(row, [row, ...beside]) : undefined;
      const delayMs = coRun ? delayAtMs(coRun.delays, 100 * random()) : drawMs(pause, idleMs, random);
      return alone + delayMs + drawMs(hopPause, idleMs, random);
    },
  };
}

const drawMs = (delay: PauseDelay | undefined, idleMs: number, random: Random): number =>
  delay?.(idleMs, 100 * random()) ?? 0;
