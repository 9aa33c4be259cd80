import { cellId, type MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import type { Problem, ProblemOption } from '../documents/problem.ts';
import type { Profile } from '../documents/profile.ts';
import { limitRows } from '../ilp/core.ts';
import { shortfall } from '../ilp/infeasible.ts';
import { counted, grouped, precisePercent } from '../math/figures.ts';
import { smallest } from '../math/statistics.ts';
import { cascadeOptions } from './cascade-options.ts';
import type { CellFacts } from './cell-facts.ts';
import { type PlanOption, stageAccuracy, totalsOf, utilisationOf } from './plan-option.ts';
import type { IlpRequest } from './request.ts';
import { fixedReplicas, ROUNDING, rowOption } from './row-option.ts';
import { type StageFacts, stageFacts } from './stage-facts.ts';

export interface PlanOptions {
  readonly problem: Problem;
  /** For each stage, its options by their ids in the problem. */
  readonly byId: readonly ReadonlyMap<string, PlanOption>[];
  /**
   * One sentence for each stage without options in the problem, because none can keep up with the stage's items; and one sentence
   * if there are too few cores for the worker that the stages share.
   */
  readonly overloaded: readonly string[];
}

/**
 * All options of a request, as a problem for the integer program. An option on a GPU has one replica, holds no cores, and takes a
 * share of the GPU's time. All stages on a GPU share one worker, so together they must fit one GPU even if there are more. An
 * option on a CPU holds threads × replicas cores.
 *
 * If stages share CPU workers, an option takes a share of the workers' time, as on a GPU, and counts threads × share as cores.
 * The cost of these workers is divided evenly among the stages that can run only on a CPU, because these stages need the workers
 * in every plan. A stage that could also run on a GPU therefore adds no cost if it uses the workers.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const planOptions = (profile: Profile, request: IlpRequest): PlanOptions =>
  optionsAtRate(stageFacts(profile, request), request);

/** Like {@link planOptions}, but from facts that the caller has read, so that a search for a rate reads the profile only once. */
export function optionsAtRate(stages: readonly StageFacts[], request: IlpRequest): PlanOptions {
  const { objective, resources, shared } = request;
  const limits: Omit<Problem, 'objective' | 'stages'> = {
    slaMs: request.slaMs,
    gpuShareMax: resources.utilisationMax * Math.min(1, resources.gpus),
    coresMax: shared ? resources.utilisationMax * shared.threads * shared.workers : resources.cores,
    ...(hasServingCost(stages, 'hostMs') && { busyCoresMax: resources.utilisationMax * resources.cores }),
    ...(hasServingCost(stages, 'threadMs') && {
      threadShareMax: request.threadShareMax ?? resources.utilisationMax,
    }),
    ...(resources.memoryBytes !== undefined && { memoryBytesMax: resources.memoryBytes }),
  };
  const limited = limitRows(limits).map(({ of }) => of);
  const overloaded: string[] = [];
  if (shared && !request.keep && shared.threads > resources.cores)
    overloaded.push(shortfall({ of: 'cores', limit: resources.cores }, shared.threads));
  const byId = stages.map((stage) => {
    const heldPart = onlyOnCpu(stage) ? 1 / stages.filter(onlyOnCpu).length : 0;
    const alone = stage.cells.map((facts) => rowOption(stage, facts, request, { heldPart }));
    const all: PlanOption[] = [...alone, ...cascadeOptions(stage, alone, request, heldPart, limited)];
    const fit = all.filter((o) => busiest(o) <= resources.utilisationMax + ROUNDING);
    if (fit.length === 0) overloaded.push(overloadText(stage, all, request));
    return new Map(fit.map((o) => [optionId(o), o]));
  });
  const problem: Problem = {
    ...limits,
    objective: {
      alpha: objective.alpha,
      beta: objective.beta,
      delta: objective.delta,
      accuracy: objective.accuracy,
    },
    stages: stages.map((stage, s) => ({
      name: stage.name,
      options: [...byId[s]!].map(
        ([id, o]): ProblemOption => ({
          id,
          accuracy: stageAccuracy(o),
          ...totalsOf(o, o.cascade?.heavy),
        }),
      ),
    })),
  };
  return { problem, byId, overloaded };
}

const busiest = (o: PlanOption): number => utilisationOf(o, o.cascade?.heavy);

/** Says that none of a stage's options keeps up with the stage's items. */
function overloadText({ name }: StageFacts, all: readonly PlanOption[], request: IlpRequest): string {
  const fixed = fixedReplicas(name, request);
  const place = request.shared ? 'its workers' : 'a GPU';
  return (
    `Stage ${name} gets ${grouped(all[0]!.itemsPerS, 4)} items per second, which take at least ` +
    `${precisePercent(smallest(all.map(busiest)))} of the time of ` +
    `${fixed === undefined ? place : counted(fixed, 'replica')}, ` +
    `but at most ${precisePercent(request.resources.utilisationMax)} may be used`
  );
}

const cellsOf = ({ cells, cascades }: StageFacts): CellFacts[] => [
  ...cells,
  ...cascades.flatMap(({ lightCells, heavyCells }) => [...lightCells, ...heavyCells]),
];

const onlyOnCpu = (stage: StageFacts): boolean => cellsOf(stage).every(({ cell }) => !onGpu(cell.backend));

/** Whether any stage has this serving cost: core time (`hostMs`) or time of the serving thread (`threadMs`). */
const hasServingCost = (stages: readonly StageFacts[], what: 'hostMs' | 'threadMs'): boolean =>
  stages.some((stage) => stage.request[what] > 0 || cellsOf(stage).some((cell) => cell[what] > 0));

/**
 * The id of an option, e.g. `detect-s/webgpu/1/4`: variant, backend, threads, batch; for a cascade, both cells and the threshold.
 */
function optionId({ cell, cascade }: PlanOption): string {
  const id = (one: MeasuredCell) => cellId(one).slice(one.stage.length + 1);
  return cascade ? `${id(cell)} <${cascade.below} ${id(cascade.heavy.cell)}` : id(cell);
}
