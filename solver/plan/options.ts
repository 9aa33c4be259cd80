import { type CellFlag, cellId, type MeasuredCell } from '../documents/cell.ts';
import { type Backend, onGpu } from '../documents/common.ts';
import type { Objective, PlanStage, Resources } from '../documents/plan.ts';
import type { Problem, ProblemOption } from '../documents/problem.ts';
import { accuracyOf, type Profile } from '../documents/profile.ts';
import { mean, nearestRank, sortedNumbers } from '../math/statistics.ts';
import { expectedTimesMs } from './co-run.ts';
import { NoAccuracyError, NothingMeasuredError } from './errors.ts';

/** What a plan must achieve, and what it may use. */
export interface PlanRequest {
  readonly ratePerS: number;
  readonly slaMs: number;
  /** Percentile of the end-to-end latency that the SLA bounds, e.g. 95. */
  readonly percentile: number;
  readonly objective: Objective;
  readonly resources: Resources;
  /** Backends to choose from; if absent, all that were measured. */
  readonly backends?: readonly Backend[];
  /** The variants that run now. Any other variant costs a switch; if absent, switches cost nothing. */
  readonly current?: readonly Pick<PlanStage, 'name' | 'variant' | 'backend'>[];
  /** Sessions that must stay, so that only their batch sizes are chosen. If absent, everything is chosen. */
  readonly keep?: readonly Pick<
    PlanStage,
    'name' | 'variant' | 'backend' | 'threads' | 'batch' | 'replicas'
  >[];
  /** Fixed numbers of replicas by stage name. A stage that is absent gets as many as it needs. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Variants to choose from, by stage name. A stage that is absent may have any variant. */
  readonly restrictTo?: Readonly<Record<string, readonly string[]>>;
  /** Set if each stage runs in pods of its own, so that stages never share a worker, however few cores there are. */
  readonly apart?: true;
}

/** A plan request with the decision whether stages on a CPU share a worker. */
export interface IlpRequest extends PlanRequest {
  /** Threads of the shared worker; if absent, each replica has a worker of its own. */
  readonly sharedThreads?: number;
}

/** One way to run a stage; symbols are those of the README, "Planning". */
export interface PlanOption {
  readonly cell: MeasuredCell;
  readonly sha256: string;
  readonly accuracy: number;
  /** λ f: items that reach the stage per second. */
  readonly itemsPerS: number;
  /** m: mean time of a whole batch, inference and handling together. */
  readonly meanMs: number;
  /** l: time of a whole batch at the request's percentile. */
  readonly latencyMs: number;
  /** n: number of replicas. */
  readonly replicas: number;
  /** Share of the time that each replica is busy. Above 1 the replicas never keep up. On a GPU there is only one replica. */
  readonly utilisation: number;
  /** Time that the first item of a batch waits for the last: 1000 (b − 1) / (λ f). */
  readonly waitMs: number;
  /** T: the stage's part of the latency bound. */
  readonly boundMs: number;
  /** g: share of the GPU's time; 0 on a CPU. */
  readonly gpuShare: number;
  /** Cores that the option holds; 0 on a GPU. In a worker that stages share: its threads × the stage's share of its time. */
  readonly cores: number;
  readonly cost: number;
  readonly memoryBytes: number;
  /** Switch cost in the objective: η · switchMs / horizonMs. */
  readonly switchCost: number;
  /** Flags of the cell, and `few-samples` if it has too few samples for the request's percentile. */
  readonly flags: readonly CellFlag[];
}

export interface PlanOptions {
  readonly problem: Problem;
  /** For each stage, its options by their ids in the problem. */
  readonly byId: readonly ReadonlyMap<string, PlanOption>[];
  /** One sentence for each stage whose items no option can keep up with; the problem has no options for those stages. */
  readonly overloaded: readonly string[];
}

/** A value this little above an integer counts as that integer, so that a rounding error adds no replica. */
const ROUNDING = 1e-9;
const ceil = (value: number): number => Math.ceil(value - ROUNDING);

/** Fewest samples for a percentile: 20 for p95, 100 for p99. With fewer, the percentile is just the maximum. */
const samplesFor = (percentile: number): number => ceil(100 / (100 - percentile));

/**
 * Items of a stage per request: the mean, and the number at the percentile; 1 if the fan-out was not measured. Both are maxima
 * over the allowed upstream variants, because the integer program chooses all stages at once.
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

/** The facts about a cell that do not depend on the rate. */
interface CellFacts {
  readonly cell: MeasuredCell;
  readonly variant: Profile['stages'][number]['variants'][number];
  readonly meanMs: number;
  readonly latencyMs: number;
  readonly flags: readonly CellFlag[];
}

/** The facts about a stage that do not depend on the rate. */
export interface StageFacts {
  readonly name: string;
  /** Items of the stage per request: f, their mean, and k, their number at the percentile. */
  readonly items: { readonly mean: number; readonly atPercentile: number };
  readonly cells: readonly CellFacts[];
}

/**
 * Computes the part of {@link planOptions} that does not depend on the rate.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const stageFacts = (profile: Profile, request: IlpRequest): StageFacts[] =>
  profile.stages.map((stage) => ({
    name: stage.name,
    items: fanOut(profile, stage.name, request.percentile, request.restrictTo),
    cells: usableCells(profile, stage.name, request).map((cell) => {
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
 * All options of a request, as a problem for the integer program. An option on a GPU has one replica, holds no cores, and takes
 * a share of the GPU's time, which must fit one GPU even if there are more. An option on a CPU holds threads × replicas cores.
 * If stages share one CPU worker, each takes a share of its time as on a GPU, and counts threads × share as cores.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const planOptions = (profile: Profile, request: IlpRequest): PlanOptions =>
  optionsAtRate(stageFacts(profile, request), request);

/** Does what {@link planOptions} does, for another rate and without reading the profile again. */
export function optionsAtRate(stages: readonly StageFacts[], request: IlpRequest): PlanOptions {
  const { objective, resources, sharedThreads } = request;
  const overloaded: string[] = [];
  const byId = stages.map((stage) => {
    const all = stage.cells.map((facts) => option(stage, facts, request, stages.length));
    const fit = all.filter((o) => o.utilisation <= resources.utilisationMax + ROUNDING);
    if (fit.length === 0) {
      const fixed = fixedReplicas(stage.name, request);
      const alone = sharedThreads === undefined ? 'a GPU' : 'the time of a worker';
      overloaded.push(
        `Stage ${stage.name} gets ${+all[0]!.itemsPerS.toPrecision(4)} items/s, which take at least ` +
          `${+Math.min(...all.map((o) => o.utilisation)).toPrecision(4)} of ` +
          `${fixed === undefined ? alone : `the time of ${fixed} ${fixed === 1 ? 'replica' : 'replicas'}`}; ` +
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

/** The id of a cell's option, e.g. `detect-s/webgpu/1/4`: variant, backend, threads, batch. */
const optionId = (cell: MeasuredCell): string => cellId(cell).slice(cell.stage.length + 1);

/**
 * The cells of a stage that the planner may use: measured, allowed by the request, and with outputs that agree with the
 * reference backend's. Of two cells with the same key, the later one counts.
 * @throws NothingMeasuredError if there is none
 */
export function usableCells(profile: Profile, stage: string, request: IlpRequest): MeasuredCell[] {
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

/** Whether a warm session can run a cell's batches. On a GPU it would have to compile shaders for larger batches first. */
const runsOn = (session: NonNullable<PlanRequest['keep']>[number], cell: Profile['cells'][number]): boolean =>
  session.variant === cell.variant &&
  session.backend === cell.backend &&
  session.threads === cell.threads &&
  (!onGpu(session.backend) || cell.batch <= session.batch);

/** The fixed number of a stage's replicas; undefined if the stage gets as many as it needs. */
const fixedReplicas = (stage: string, { keep, replicas }: PlanRequest): number | undefined =>
  keep?.find(({ name }) => name === stage)?.replicas ?? replicas?.[stage];

function option(stage: StageFacts, facts: CellFacts, request: IlpRequest, stages: number): PlanOption {
  const { resources, objective, sharedThreads } = request;
  const { cell, variant, meanMs, latencyMs } = facts;
  const { items } = stage;
  const itemsPerS = request.ratePerS * items.mean;
  // Share of its time that one session alone would be busy with all items of the stage.
  const busy = (itemsPerS * meanMs) / (1000 * cell.batch);
  const accuracy = accuracyOf(variant);
  if (accuracy === null) throw new NoAccuracyError(stage.name, variant.name);
  const gpu = onGpu(cell.backend);
  const shared = gpu || sharedThreads !== undefined;
  const replicas =
    fixedReplicas(stage.name, request) ?? (shared ? 1 : Math.max(1, ceil(busy / resources.utilisationMax)));
  const waitMs = itemsPerS > 0 ? (1000 * (cell.batch - 1)) / itemsPerS : 0;
  const gpuShare = gpu ? busy : 0;
  const cores = gpu ? 0 : (shared ? busy : replicas) * cell.threads;
  // A shared worker holds its cores however little of its time is used, so its cost is divided evenly among the stages.
  const heldCores = gpu || sharedThreads === undefined ? cores : sharedThreads / stages;
  const current = request.current?.find(({ name }) => name === stage.name);
  const stays =
    request.current === undefined || (current?.variant === cell.variant && current.backend === cell.backend);
  const { loadMs, createMs, firstRunMs } = cell.cold;
  return {
    cell,
    sha256: variant.sha256,
    accuracy,
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
    flags: facts.flags,
  };
}
