import { interpolate } from '../dispatch/interpolate.ts';
import { rowsByIndex } from '../dispatch/rows.ts';
import type { CpuCoRun } from '../documents/co-run.ts';
import { type GpuBackend, onGpu } from '../documents/common.ts';
import { type PlanStage, stageNameOf } from '../documents/plan.ts';
import { cellsOfStage, type Profile } from '../documents/profile.ts';
import type { Service } from '../documents/run-report.ts';
import type { Random } from '../math/random.ts';
import { sortedNumbers } from '../math/statistics.ts';
import { cpuCoRunOf, gpuSlowDown } from '../plan/co-run.ts';
import { delayAtMs, meanDelayMs } from '../plan/delays.ts';
import { batchPause, batchTimesMs, hopCoresMs, requestCostOf, requestPause } from '../plan/serving.ts';

/** Gives simulated batches their service times. Stages are given by the index of their row. */
export interface ServiceModel {
  /** Draws the round-trip time of one batch. @param beside the stages that other workers run when the batch starts */
  sampleMs(stage: number, items: number, random: Random, beside: readonly number[]): number;
  /** How late requests are sent while workers run these stages. Absent: always on time. */
  latenessMs?(running: readonly number[], random: Random): number;
  /** How many times longer a batch takes while workers run these stages, its own included. Absent: batches do not interact. */
  slowDown?(stage: number, running: readonly number[]): number;
  /** What serving takes beside the batches. Absent: nothing. */
  readonly serving?: ServingModel;
}

/** What serving takes of a request's time, and of the time of the one thread that serves requests and hands out batches. */
export interface ServingModel {
  /** Time of the thread for a request: half of it before the request waits for its batch, half to answer it. */
  readonly requestMs: number;
  /** Mean time of a request's way from its client and back, outside the thread. */
  readonly wayMs: number;
  /** Draws that time for one request. */
  sampleWayMs(random: Random): number;
  /** Time of the thread for a batch: half of it to hand it out, half to take its results. It is a part of the batch's time. */
  batchMs(stage: number, items: number): number;
  /** How much longer a request takes if the thread was idle for so long before. Absent: no longer. */
  requestPauseMs?(idleMs: number, random: Random): number;
  /** How much longer a batch takes whose worker was idle for so long before. Absent: no longer. */
  batchPauseMs?(stage: number, idleMs: number, random: Random): number;
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
 * Draws service times from the profile's batches of the chosen variants: each is the whole round trip of one measured batch, so
 * batches of small and of large items come as often as they were measured. They were measured alone, so the profile's co-runs add
 * the effect of other workers: on a CPU, a batch that starts beside another is delayed, and a request that arrives beside two is
 * sent late; on a GPU, batches slow each other.
 * @throws UnmeasuredStageError
 */
export const serviceFromProfile = (
  profile: Pick<Profile, 'cells' | 'coRun' | 'serving'>,
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'threads' | 'escalation' | 'standby'>[],
): ServiceModel => {
  const rows = rowsByIndex(stages);
  return {
    ...serviceFromSamples(
      rows.map(
        (row) =>
          row && {
            label: `${row.name}/${row.variant}/${row.backend}/${row.threads}`,
            coRun: cpuCoRunOf(profile, row),
            samples: cellsOfStage(profile, row).map(
              (cell) => [cell.batch, batchTimesMs(profile, cell)] as const,
            ),
          },
      ),
    ),
    ...sharedGpu(profile, rows),
    ...sharedCores(profile, rows),
    ...servedRequests(profile, rows),
  };
};

/** Time of the serving thread for a batch, by row and items. A simulation asks for few different ones many times. */
export function handOutMs(
  profile: Pick<Profile, 'coRun' | 'serving'>,
  rows: readonly (Pick<PlanStage, 'name' | 'backend' | 'threads' | 'escalation' | 'standby'> | undefined)[],
): ServingModel['batchMs'] {
  const known = rows.map(() => new Map<number, number>());
  return (stage, items) => {
    const row = rows[stage];
    if (!row) return 0; // A batch of a plan before this one may still run.
    const ms =
      known[stage]!.get(items) ??
      hopCoresMs(profile, stageNameOf(row), items)?.gatewayMs ??
      cpuCoRunOf(profile, row)?.hostMs ??
      0;
    known[stage]!.set(items, ms);
    return ms;
  };
}

/** The time that serving takes, where the profile has it. */
function servedRequests(
  profile: Pick<Profile, 'coRun' | 'serving'>,
  rows: readonly (Pick<PlanStage, 'name' | 'backend' | 'threads' | 'escalation' | 'standby'> | undefined)[],
): Pick<ServiceModel, 'serving'> {
  const cost = requestCostOf(profile);
  if (!cost) return {};
  const timers = profile.serving?.timers;
  const afterPause = { request: requestPause(profile), batch: batchPause(profile) };
  const outsideMs = (ms: number) => Math.max(0, ms - cost.coreMs);
  return {
    serving: {
      requestMs: cost.coreMs,
      wayMs: outsideMs(meanDelayMs(cost.latency)),
      sampleWayMs: (random) => outsideMs(delayAtMs(cost.latency, 100 * random())),
      batchMs: handOutMs(profile, rows),
      requestPauseMs: (idleMs, random) => afterPause.request(idleMs, 100 * random()),
      batchPauseMs: (stage, idleMs, random) => {
        const row = rows[stage];
        return !row || onGpu(row.backend) ? 0 : afterPause.batch(idleMs, 100 * random());
      },
      ...(timers && { timerMs: (random) => delayAtMs(timers, 100 * random()) }),
    },
  };
}

/**
 * The thread that sends requests and hands out batches waits for its turn on a core while two workers run on the CPU. Latency
 * counts from the scheduled arrival, so the wait is a part of it. The wait at a batch's end is in the measured co-run delays.
 */
function sharedCores(
  profile: Pick<Profile, 'coRun' | 'serving'>,
  rows: readonly (Pick<PlanStage, 'backend' | 'threads'> | undefined)[],
): Pick<ServiceModel, 'latenessMs'> {
  // Requests to a server come without a timer, so that only the wait for a core counts.
  const timers = profile.serving?.timers;
  const lateness = rows.map((row) => row && cpuCoRunOf(profile, row)?.lateness);
  if (lateness.every((delays) => delays === undefined)) return {};
  return {
    latenessMs(running, random) {
      const [delays, beside] = running.flatMap((stage) => (lateness[stage] ? [lateness[stage]] : []));
      if (!delays || !beside) return 0;
      const percentile = 100 * random();
      return Math.max(0, delayAtMs(delays, percentile) - (timers ? delayAtMs(timers, percentile) : 0));
    },
  };
}

/**
 * The slow-down of batches on one GPU, equal for all of them. Only two workers were measured together, so three or more are
 * assumed to get no more done than two.
 */
function sharedGpu(
  profile: Pick<Profile, 'coRun'>,
  rows: readonly (Pick<PlanStage, 'backend'> | undefined)[],
): Pick<ServiceModel, 'slowDown'> {
  const gpus = rows.map((row) => (row && onGpu(row.backend) ? row.backend : undefined));
  if (gpus.every((gpu) => gpu === undefined)) return {};
  const withTwo = (gpu: GpuBackend) => gpuSlowDown(profile, gpu)?.median ?? TAKING_TURNS;
  const slowDowns = gpus.map((gpu) => gpu && withTwo(gpu));
  return {
    slowDown(stage, running) {
      const gpu = gpus[stage];
      const busy = running.filter((other) => gpus[other] === gpu).length;
      return gpu === undefined || busy < 2 ? 1 : (slowDowns[stage]! * busy) / 2;
    },
  };
}

/**
 * Draws service times from a run's own batches of the same variants. Batches of one size are pooled, whichever plan served.
 * @throws UnmeasuredStageError
 */
export const serviceFromRun = (
  service: readonly Service[],
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'escalation' | 'standby'>[],
): ServiceModel =>
  serviceFromSamples(
    rowsByIndex(stages).map(
      (row) =>
        row && {
          label: `${row.name}/${row.variant}/${row.backend}`,
          coRun: undefined, // The samples of a run already contain co-run delays.
          samples: service
            .filter(
              ({ stage, variant, backend }) =>
                stage === row.name && variant === row.variant && backend === row.backend,
            )
            .map((entry) => [entry.items, entry.samplesMs] as const),
        },
    ),
  );

/** Samples of round-trip times, by batch size. */
type SizedSamples = readonly (readonly [items: number, samplesMs: readonly number[]])[];

interface StageSamples {
  readonly label: string;
  readonly coRun: CpuCoRun | undefined;
  readonly samples: SizedSamples;
}

function serviceFromSamples(rows: readonly (StageSamples | undefined)[]): ServiceModel {
  const tables = rows.map((row) => {
    if (!row) return undefined;
    const { label, coRun, samples } = row;
    if (samples.length === 0) throw new UnmeasuredStageError(label);
    const bySize = new Map<number, number[]>();
    for (const [items, samplesMs] of samples) bySize.set(items, [...(bySize.get(items) ?? []), ...samplesMs]);
    const sizes = [...bySize.keys()].sort((a, b) => a - b);
    return { coRun, sizes, sorted: sizes.map((size) => sortedNumbers(bySize.get(size)!)) };
  });
  return {
    sampleMs(stage, items, random, beside) {
      const { coRun, sizes, sorted } = tables[stage]!;
      // A whole batch of a measured number of items; else the same quantile of the two neighbouring numbers: a slow batch of 3
      // lies between slow batches of 2 and 4.
      const u = random();
      const quantile = (i: number) => sorted[i]![Math.floor(u * sorted[i]!.length)]!;
      const alone = interpolate(sizes, quantile, items);
      const delayed = coRun !== undefined && beside.some((other) => tables[other]?.coRun !== undefined);
      return delayed ? alone + delayAtMs(coRun.delays, 100 * random()) : alone;
    },
  };
}
