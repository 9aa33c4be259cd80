import { type CellFlag, cellId, type MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import type { Problem, ProblemOption } from '../documents/problem.ts';
import { accuracyOf, type Profile } from '../documents/profile.ts';
import { NoAccuracyError } from './errors.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import { type CellFacts, type StageFacts, stageFacts } from './stage-facts.ts';

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
  /** T: the stage's part of the latency bound. The first stage's has what a request takes outside the models, too. */
  readonly boundMs: number;
  /** g: share of the GPU's time; 0 on a CPU. */
  readonly gpuShare: number;
  /** Cores that the option holds; 0 on a GPU. In a worker that stages share: its threads × the stage's share of its time. */
  readonly cores: number;
  /** Cores that are busy on average: with the batches, unless they run on a GPU, and with serving. */
  readonly busyCores: number;
  /** Share of the time of the thread that serves requests and hands out batches. */
  readonly threadShare: number;
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
    ...(takes(stages, 'hostMs') && { busyCoresMax: resources.utilisationMax * resources.cores }),
    ...(takes(stages, 'threadMs') && { threadShareMax: resources.utilisationMax }),
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
          busyCores: o.busyCores,
          threadShare: o.threadShare,
          memoryBytes: o.memoryBytes,
          switchCost: o.switchCost,
        }),
      ),
    })),
  };
  return { problem, byId, overloaded };
}

/** Whether serving takes any core time, or time of its thread, that is known. */
const takes = (stages: readonly StageFacts[], what: 'hostMs' | 'threadMs'): boolean =>
  stages.some(({ request, cells }) => request[what] > 0 || cells.some((cell) => cell[what] > 0));

/** The id of a cell's option, e.g. `detect-s/webgpu/1/4`: variant, backend, threads, batch. */
const optionId = (cell: MeasuredCell): string => cellId(cell).slice(cell.stage.length + 1);

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
  /** Share of a core that something takes, with each of the stage's batches and each request. */
  const served = (what: 'hostMs' | 'threadMs') =>
    (itemsPerS * facts[what]) / (1000 * cell.batch) + (request.ratePerS * stage.request[what]) / 1000;
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
    boundMs:
      Math.ceil(items.atPercentile / (cell.batch * replicas)) * latencyMs + waitMs + stage.request.latencyMs,
    gpuShare,
    cores,
    busyCores: (gpu ? 0 : busy * cell.threads) + served('hostMs'),
    threadShare: served('threadMs'),
    cost: resources.pricePerCore * heldCores + resources.pricePerGpu * gpuShare,
    memoryBytes: variant.sizeBytes * replicas,
    switchCost: stays ? 0 : (objective.eta * (loadMs + createMs + firstRunMs)) / objective.horizonMs,
    flags: facts.flags,
  };
}
