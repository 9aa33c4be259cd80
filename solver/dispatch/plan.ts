import type { Plan, PlanStage } from '../documents/plan.ts';
import { UnknownStageError } from './errors.ts';
import { interpolate } from './interpolate.ts';
import type { DispatchPolicy, DispatchWorker } from './types.ts';

/** The fields of a plan that the dispatch depends on. */
export type PolicyPlan = Pick<Plan, 'slaMs' | 'shedding'> & {
  readonly stages: readonly Pick<PlanStage, 'name' | 'batch' | 'maxWaitMs' | 'serviceMs'>[];
};

/** The dispatch policy of a plan; batch sizes between the measured ones get interpolated times. */
export const policyOf = (plan: PolicyPlan): DispatchPolicy => ({
  slaMs: plan.slaMs,
  shedding: plan.shedding,
  stages: plan.stages.map(({ name, batch, maxWaitMs, serviceMs }) => {
    const sizes = serviceMs.map((point) => point.items);
    const meanMs = (i: number) => serviceMs[i]!.meanMs;
    return { name, batch, maxWaitMs, serviceMs: (items) => interpolate(sizes, meanMs, items) };
  }),
});

/**
 * The workers of a plan in the form that the dispatch takes: stages are indices.
 * @throws UnknownStageError if a worker holds a stage that the plan does not have; validated plans have no such worker
 */
export function workersOf(plan: {
  readonly stages: readonly Pick<PlanStage, 'name'>[];
  readonly workers: readonly { readonly id: string; readonly stages: readonly string[] }[];
}): DispatchWorker[] {
  const indices = new Map(plan.stages.map((stage, i) => [stage.name, i]));
  return plan.workers.map(({ id, stages }) => ({
    id,
    stages: stages.map((stage) => {
      const index = indices.get(stage);
      if (index === undefined) throw new UnknownStageError(id, stage);
      return index;
    }),
  }));
}
