import { onGpu } from '../documents/common.ts';
import type { Plan, PlanStage, PlanWorker } from '../documents/plan.ts';

/** What a worker was started as. */
export interface LiveWorker {
  /** Of the worker, not of its plan: two plans may call different workers the same. */
  readonly id: string;
  readonly planWorker: PlanWorker;
  /** What its sessions run, in the order of its stages, with the largest batch each was warmed up for. */
  readonly stages: readonly Pick<PlanStage, 'sha256' | 'batch'>[];
}

/** How to get from the workers there are to those of a plan. */
export interface Diff {
  /** Workers of the plan that are to be started. */
  readonly start: readonly PlanWorker[];
  /** Ids of those that nothing is left to do for once the others have started. */
  readonly retire: readonly string[];
}

export const stagesOf = (plan: Plan, planWorker: PlanWorker): PlanStage[] =>
  planWorker.stages.map((name) => plan.stages.find((stage) => stage.name === name)!);

/**
 * Keeps every worker that already runs what the plan asks for. On a GPU a larger batch needs a new one: its shaders
 * would compile while it serves.
 */
export function diff(live: readonly LiveWorker[], plan: Plan): Diff {
  const left = [...live];
  const start = plan.workers.filter((wanted) => {
    const kept = left.findIndex((worker) => serves(worker, plan, wanted));
    if (kept >= 0) left.splice(kept, 1);
    return kept < 0;
  });
  return { start, retire: left.map(({ id }) => id) };
}

function serves({ planWorker, stages }: LiveWorker, plan: Plan, wanted: PlanWorker): boolean {
  const sameHolder =
    planWorker.backend === wanted.backend &&
    planWorker.threads === wanted.threads &&
    planWorker.stages.length === wanted.stages.length &&
    planWorker.stages.every((name, i) => name === wanted.stages[i]);
  return (
    sameHolder &&
    stagesOf(plan, wanted).every(
      ({ sha256, batch }, i) =>
        stages[i]!.sha256 === sha256 && (!onGpu(wanted.backend) || batch <= stages[i]!.batch),
    )
  );
}

/** Whether a plan has workers that another one has not. */
export const needsMore = (plan: Plan, than: Plan): boolean =>
  diff(
    than.workers.map((planWorker) => ({ id: planWorker.id, planWorker, stages: stagesOf(than, planWorker) })),
    plan,
  ).start.length > 0;

/** Whether two plans run the same sessions in the same batches. */
export const sameChoice = (a: Plan, b: Plan): boolean =>
  a.workers.length === b.workers.length &&
  a.stages.every((stage, s) => {
    const other = b.stages[s]!;
    return (
      stage.sha256 === other.sha256 &&
      stage.backend === other.backend &&
      stage.threads === other.threads &&
      stage.replicas === other.replicas &&
      stage.batch === other.batch
    );
  });
