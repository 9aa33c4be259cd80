import { type Backend, onGpu } from '../documents/common.ts';
import type { Objective, PlanStage, Resources } from '../documents/plan.ts';
import type { Problem, ProblemOption } from '../documents/problem.ts';
import { accuracyOf, type CellFlag, cellId, type MeasuredCell, type Profile } from '../documents/profile.ts';
import { mean, nearestRank, sortedNumbers } from '../math/statistics.ts';
import { expectedTimesMs } from './co-run.ts';
import { NothingMeasuredError } from './errors.ts';

/** What a plan is asked for. */
export interface PlanRequest {
  readonly ratePerS: number;
  readonly slaMs: number;
  /** Of the end-to-end latency, e.g. 95. */
  readonly percentile: number;
  readonly objective: Objective;
  readonly resources: Resources;
  /** Absent: all that were measured. */
  readonly backends?: readonly Backend[];
  /** What runs now; a change from it costs. Absent: nothing does, and no choice costs a switch. */
  readonly current?: readonly Pick<PlanStage, 'name' | 'variant' | 'backend'>[];
  /** Sessions that there are: batches alone are to be chosen. Absent: everything is. */
  readonly keep?: readonly Pick<
    PlanStage,
    'name' | 'variant' | 'backend' | 'threads' | 'batch' | 'replicas'
  >[];
  /** Replicas that a stage has, whether or not it needs them; by stage name. Absent: as many as it needs. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Variants that a stage may have. A stage that is not named may have all. */
  readonly restrictTo?: Readonly<Record<string, readonly string[]>>;
  /** Each stage has workers of its own, as pods have, however few cores there are. */
  readonly apart?: true;
}

/** A request with the way in which stages on a CPU get workers. */
export interface ProgramRequest extends PlanRequest {
  /** Threads of the one worker that they share; absent: each has its own. */
  readonly sharedThreads?: number;
}

/** One way to run a stage, with the terms of design.md, "What is solved". */
export interface PlanOption {
  readonly cell: MeasuredCell;
  readonly sha256: string;
  readonly accuracy: number;
  /** λ_s, items per second of the stage. */
  readonly itemsPerS: number;
  /** Of a whole batch, inference and handling. */
  readonly meanMs: number;
  /** The same at the request's percentile. */
  readonly latencyMs: number;
  /** n_o */
  readonly replicas: number;
  /** Share of their time that the replicas are busy; more than 1: they never keep up. On a GPU each runs on one. */
  readonly utilisation: number;
  /** w_o */
  readonly waitMs: number;
  /** T_o */
  readonly boundMs: number;
  /** g_o of a shared GPU; 0 on a CPU. */
  readonly gpuShare: number;
  /** Held; 0 on a GPU. Of a worker that stages share: its threads times the share of its time. */
  readonly cores: number;
  /** c_o */
  readonly cost: number;
  readonly memoryBytes: number;
  /** η · switchMs / horizonMs */
  readonly switchCost: number;
  /** The cell's, and `few-samples` where it has too few for the percentile. */
  readonly flags: readonly CellFlag[];
}

export interface PlanOptions {
  readonly problem: Problem;
  /** Per stage, by the id of the problem's option. */
  readonly byId: readonly ReadonlyMap<string, PlanOption>[];
  /** Stages that no option can keep up with, in words; the problem has no options for those. */
  readonly overloaded: readonly string[];
}

/** Rounding of products must not buy a replica. */
const ROUNDING = 1e-9;
const ceil = (value: number): number => Math.ceil(value - ROUNDING);

/** Fewer samples than this have no percentile of their own below their maximum: 20 for p95, 100 for p99. */
const samplesFor = (percentile: number): number => ceil(100 / (100 - percentile));

/**
 * Items of a stage per request: the mean, and how many a request has at the percentile. Both are the largest over
 * the upstream variants that are allowed, as the program does not know which it will choose. Not measured: 1.
 */
export function fanOut(
  profile: Pick<Profile, 'fanOut'>,
  stage: string,
  percentile: number,
  restrictTo: PlanRequest['restrictTo'] = {},
): { mean: number; atPercentile: number } {
  const all = profile.fanOut.filter((entry) => entry.stage === stage);
  const allowed = all.filter((entry) =>
    Object.entries(entry.upstream).every(([up, variant]) => restrictTo[up]?.includes(variant) ?? true),
  );
  const entries = allowed.length > 0 ? allowed : all;
  if (entries.length === 0) return { mean: 1, atPercentile: 1 };
  return {
    mean: Math.max(...entries.map(({ counts }) => mean(counts))),
    atPercentile: Math.max(...entries.map(({ counts }) => nearestRank(sortedNumbers(counts), percentile))),
  };
}

/** What a profile says of a cell that may be planned with, whatever the rate. */
interface Measured {
  readonly cell: MeasuredCell;
  readonly variant: Profile['stages'][number]['variants'][number];
  readonly meanMs: number;
  readonly latencyMs: number;
  readonly flags: readonly CellFlag[];
}

/** A stage's part of that. */
export interface MeasuredStage {
  readonly name: string;
  /** f_s and k_s */
  readonly items: { readonly mean: number; readonly atPercentile: number };
  readonly measured: readonly Measured[];
}

/**
 * The part of {@link planOptions} that does not depend on the rate.
 * @throws NothingMeasuredError where a stage has no cell to plan with
 */
export const measuredStages = (profile: Profile, request: ProgramRequest): MeasuredStage[] =>
  profile.stages.map((stage) => ({
    name: stage.name,
    items: fanOut(profile, stage.name, request.percentile, request.restrictTo),
    measured: usableCells(profile, stage.name, request).map((cell) => {
      const samplesMs = expectedTimesMs(profile, cell);
      const timesMs = sortedNumbers(samplesMs);
      const few = timesMs.length < samplesFor(request.percentile) && !cell.flags.includes('few-samples');
      return {
        cell,
        variant: stage.variants.find((variant) => variant.name === cell.variant)!,
        meanMs: mean(samplesMs),
        latencyMs: nearestRank(timesMs, request.percentile),
        flags: few ? [...cell.flags, 'few-samples'] : cell.flags,
      };
    }),
  }));

/**
 * Everything that may be chosen, as a problem for the ILP. On one box the stages share one GPU: an option on it
 * has one replica, holds no cores and takes its share of time; with more GPUs still one replica per stage, which
 * must fit one GPU. On a CPU an option holds threads × replicas cores; where the stages share one worker there, as they
 * do a GPU, its threads times its share of that worker's time, of which so much may be used as of a GPU's.
 * @throws NothingMeasuredError where a stage has no cell to plan with
 */
export const planOptions = (profile: Profile, request: ProgramRequest): PlanOptions =>
  optionsAtRate(measuredStages(profile, request), request);

/** {@link planOptions} from its part that does not depend on the rate. */
export function optionsAtRate(stages: readonly MeasuredStage[], request: ProgramRequest): PlanOptions {
  const { objective, resources, sharedThreads } = request;
  const overloaded: string[] = [];
  const byId = stages.map((stage) => {
    const all = stage.measured.map((measured) => option(stage, measured, request, stages.length));
    const fit = all.filter((o) => o.utilisation <= resources.utilisationMax + ROUNDING);
    if (fit.length === 0) {
      const held = replicasHeld(stage.name, request);
      const alone = sharedThreads === undefined ? 'a GPU' : 'the time of a worker';
      overloaded.push(
        `Stage ${stage.name} gets ${+all[0]!.itemsPerS.toPrecision(4)} items/s, which take at least ` +
          `${+Math.min(...all.map((o) => o.utilisation)).toPrecision(4)} of ` +
          `${held === undefined ? alone : `the time of ${held} ${held === 1 ? 'replica' : 'replicas'}`}; ` +
          `at most ${+resources.utilisationMax.toPrecision(4)} of it may be used`,
      );
    }
    return new Map(fit.map((o) => [optionId(o.cell), o]));
  });
  const problem: Problem = {
    slaMs: request.slaMs,
    objective: {
      alpha: objective.alpha,
      beta: objective.beta,
      delta: objective.delta,
      accuracy: objective.accuracy,
    },
    gpuShareMax: resources.utilisationMax * resources.gpus,
    coresMax: sharedThreads === undefined ? resources.cores : resources.utilisationMax * sharedThreads,
    ...(resources.memoryBytes !== undefined && { memoryBytesMax: resources.memoryBytes }),
    stages: stages.map((stage, s) => ({
      name: stage.name,
      options: [...byId[s]!].map(
        ([id, o]): ProblemOption => ({
          id,
          latencyMs: o.boundMs,
          accuracy: o.accuracy,
          cost: o.cost,
          batch: o.cell.batch,
          gpuShare: o.gpuShare,
          cores: o.cores,
          memoryBytes: o.memoryBytes,
          switchCost: o.switchCost,
        }),
      ),
    })),
  };
  return { problem, byId, overloaded };
}

/** E.g. `detect-s/webgpu/1/4`: variant, backend, threads, batch. */
const optionId = (cell: MeasuredCell): string => cellId(cell).slice(cell.stage.length + 1);

/** Measured, of an allowed variant and backend, and with the outputs that they should have. Later ones count. */
export function usableCells(profile: Profile, stage: string, request: ProgramRequest): MeasuredCell[] {
  const { sharedThreads } = request;
  const variants = request.restrictTo?.[stage];
  const kept = request.keep?.find(({ name }) => name === stage);
  const allowed = profile.cells.filter(
    (cell) =>
      cell.stage === stage &&
      (variants?.includes(cell.variant) ?? true) &&
      (request.backends?.includes(cell.backend) ?? true) &&
      (sharedThreads === undefined || onGpu(cell.backend) || cell.threads === sharedThreads) &&
      (kept === undefined || runsOn(kept, cell)),
  );
  const measured = allowed.filter((cell) => cell.state === 'measured');
  const usable = measured.filter((cell) => !cell.flags.includes('output-mismatch'));
  if (usable.length > 0) return [...new Map(usable.map((cell) => [cellId(cell), cell])).values()];
  if (measured.length > 0)
    throw new NothingMeasuredError(
      stage,
      `the outputs of all ${measured.length} measured cells differ from the reference backend's. ` +
        'Allow another backend or variant.',
    );
  const asked = [
    ...(variants ? [`variants ${variants.join(', ')}`] : []),
    ...(request.backends ? [`backends ${request.backends.join(', ')}`] : []),
  ].join(' on ');
  throw new NothingMeasuredError(
    stage,
    `${allowed.length > 0 ? `all ${allowed.length} cells` : 'no cell'}${asked && ` of ${asked}`} ` +
      `${allowed.length > 0 ? 'were skipped or failed' : 'is in the profile'}. ` +
      'Profile again with them, or with a larger budget, or allow others.',
  );
}

/** Whether a session can run a cell's batches at once: on a GPU larger ones would first compile. */
const runsOn = (session: NonNullable<PlanRequest['keep']>[number], cell: Profile['cells'][number]): boolean =>
  session.variant === cell.variant &&
  session.backend === cell.backend &&
  session.threads === cell.threads &&
  (!onGpu(session.backend) || cell.batch <= session.batch);

/** Replicas that a stage has whatever it needs; undefined: as many as it needs. */
const replicasHeld = (stage: string, { keep, replicas }: PlanRequest): number | undefined =>
  keep?.find(({ name }) => name === stage)?.replicas ?? replicas?.[stage];

function option(
  stage: MeasuredStage,
  measured: Measured,
  request: ProgramRequest,
  stages: number,
): PlanOption {
  const { resources, objective, sharedThreads } = request;
  const { cell, variant, meanMs, latencyMs } = measured;
  const { items } = stage;
  const itemsPerS = request.ratePerS * items.mean;
  // Share of the time of one session that runs one batch after the other.
  const busy = (itemsPerS * meanMs) / (1000 * cell.batch);
  const gpu = onGpu(cell.backend);
  const shared = gpu || sharedThreads !== undefined;
  const replicas =
    replicasHeld(stage.name, request) ?? (shared ? 1 : Math.max(1, ceil(busy / resources.utilisationMax)));
  const waitMs = itemsPerS > 0 ? (1000 * (cell.batch - 1)) / itemsPerS : 0;
  const gpuShare = gpu ? busy : 0;
  const cores = gpu ? 0 : (shared ? busy : replicas) * cell.threads;
  // A worker that stages share is held however little of its time they use; each bears its part.
  const heldCores = gpu || sharedThreads === undefined ? cores : sharedThreads / stages;
  const current = request.current?.find(({ name }) => name === stage.name);
  const stays =
    request.current === undefined || (current?.variant === cell.variant && current.backend === cell.backend);
  const { loadMs, createMs, firstRunMs } = cell.cold;
  return {
    cell,
    sha256: variant.sha256,
    accuracy: accuracyOf(variant),
    itemsPerS,
    meanMs,
    latencyMs,
    replicas,
    utilisation: busy / replicas,
    waitMs,
    boundMs: Math.ceil(items.atPercentile / (cell.batch * replicas)) * latencyMs + waitMs,
    gpuShare,
    cores,
    cost: resources.pricePerCore * heldCores + resources.pricePerGpu * gpuShare,
    memoryBytes: variant.sizeBytes * replicas,
    switchCost: stays ? 0 : (objective.eta * (loadMs + createMs + firstRunMs)) / objective.horizonMs,
    flags: measured.flags,
  };
}
