import type { LiveWorker } from '../../solver/adapt/diff.ts';
import { type Plan, type PlanStage, type PlanWorker, stagesOf } from '../../solver/documents/plan.ts';
import type { Keeper } from './requests.ts';
import type { Supervised } from './supervisor.ts';

/** The part of a plan that a worker was started for. */
export interface Job extends Keeper {
  /** The plan that needed the worker when it was started. */
  readonly plan: Plan;
  readonly planWorker: PlanWorker;
  /** The plan's rows that the worker runs. The batch size of each row is the largest that the worker warmed up. */
  readonly stages: readonly PlanStage[];
  /** Time in `performance.now()` at which the worker's last batch completed; 0 before that. */
  freeMs: number;
}

export type Member = Supervised<Job>;

export const jobOf = (plan: Plan, planWorker: PlanWorker): Job => ({
  plan,
  planWorker,
  stages: stagesOf(plan, planWorker),
  freeMs: 0,
  forget: [],
});

/** A worker that runs, or that is being started, as the comparison with a plan takes it. */
export const liveWorker = ({ id, job: { planWorker, stages } }: Pick<Member, 'id' | 'job'>): LiveWorker => ({
  id,
  planWorker,
  stages,
});
