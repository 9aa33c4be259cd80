import { onGpu } from '../documents/common.ts';
import { gpuWorkersOf, type Plan, type PlanStage, type PlanWorker, stagesOf } from '../documents/plan.ts';

/** A worker that was started for a plan and still runs. */
export interface LiveWorker {
  /** Unique among live workers, unlike the id in a plan: two plans may give one id to different workers. */
  readonly id: string;
  readonly planWorker: PlanWorker;
  /** The models of the worker's sessions, in the order of `planWorker.stages`, each with the largest batch of its warm-up. */
  readonly stages: readonly Pick<PlanStage, 'sha256' | 'batch' | 'standby'>[];
}

/** The workers to start and to retire so that the live workers become the workers of a plan. */
interface Diff {
  readonly start: readonly PlanWorker[];
  /** Ids of live workers that the plan does not use. They retire once the workers of `start` have started. */
  readonly retire: readonly string[];
}

/**
 * Compares the live workers with a plan, and keeps each worker that already runs what the plan needs. A worker stays even if the
 * plan does not use its standby, which may be no faster with the plan's batch size. On a GPU a larger batch needs a new worker,
 * because the old one would compile shaders for that batch while it serves.
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

/** Whether a worker with the models of one row can run another row: it has that row's variant and, if there is one, its standby. */
export const holdsModels = (
  held: Pick<PlanStage, 'sha256' | 'standby'>,
  wanted: Pick<PlanStage, 'sha256' | 'standby'>,
): boolean =>
  held.sha256 === wanted.sha256 &&
  (wanted.standby === undefined || held.standby?.sha256 === wanted.standby.sha256);

function serves({ planWorker, stages }: LiveWorker, plan: Plan, wanted: PlanWorker): boolean {
  const sameHolder =
    planWorker.backend === wanted.backend &&
    planWorker.threads === wanted.threads &&
    planWorker.stages.length === wanted.stages.length &&
    planWorker.stages.every((name, i) => name === wanted.stages[i]);
  return (
    sameHolder &&
    stagesOf(plan, wanted).every(
      (row, i) => holdsModels(stages[i]!, row) && (!onGpu(wanted.backend) || row.batch <= stages[i]!.batch),
    )
  );
}

/** The workers of a plan as live workers, e.g. to compare the plan with another one. */
const liveWorkersOf = (plan: Plan): LiveWorker[] =>
  plan.workers.map((planWorker) => ({ id: planWorker.id, planWorker, stages: stagesOf(plan, planWorker) }));

/** Whether a plan needs a worker that another plan does not have. */
export const needsMore = (plan: Plan, than: Plan): boolean =>
  diff(liveWorkersOf(than), plan).start.length > 0;

/** Whether two plans run the same sessions with the same batch sizes and the same thresholds of cascades. */
export const sameChoice = (a: Plan, b: Plan): boolean =>
  a.workers.length === b.workers.length &&
  sameServing(a, b) &&
  a.stages.every((stage, s) => stage.standby?.sha256 === b.stages[s]!.standby?.sha256);

/** Whether two plans serve alike, however they divide their stages among workers, and whatever standbys they have. */
export const sameServing = (a: Pick<Plan, 'stages'>, b: Pick<Plan, 'stages'>): boolean =>
  sameVariants(a, b) &&
  a.stages.every((stage, s) => {
    const other = b.stages[s]!;
    return stage.escalation?.below === other.escalation?.below && stage.batch === other.batch;
  });

/** Whether a plan runs the same variants in the same places as another one, but divides a GPU among more workers. */
export const dividesMore = (plan: Plan, than: Plan): boolean =>
  sameVariants(plan, than) && gpuWorkersOf(plan) > gpuWorkersOf(than);

const sameVariants = (a: Pick<Plan, 'stages'>, b: Pick<Plan, 'stages'>): boolean =>
  a.stages.length === b.stages.length &&
  a.stages.every((stage, s) => {
    const other = b.stages[s]!;
    return (
      stage.name === other.name &&
      stage.sha256 === other.sha256 &&
      stage.backend === other.backend &&
      stage.threads === other.threads &&
      stage.replicas === other.replicas
    );
  });
