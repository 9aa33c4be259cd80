import type { Plan, PlanStage } from '../documents/plan.ts';
import { UnknownStageError } from './errors.ts';
import { interpolate } from './interpolate.ts';
import { rowIndices } from './rows.ts';
import type { DispatchPolicy, DispatchRow, DispatchStage, DispatchWorker } from './types.ts';

/** The fields of a plan that the dispatch depends on. */
export type PolicyPlan = Pick<Plan, 'slaMs' | 'servingMs' | 'shedding'> & {
  readonly stages: readonly Pick<PlanStage, 'name' | 'batch' | 'maxWaitMs' | 'serviceMs' | 'escalation'>[];
};

/**
 * The dispatch policy of a plan; batch sizes between the measured ones get interpolated times. The dispatch counts from a request's
 * arrival until its end, so its SLA leaves out what serving takes before and after.
 */
export const policyOf = ({ slaMs, servingMs = 0, shedding, stages: rows }: PolicyPlan): DispatchPolicy => ({
  slaMs: Math.max(0, slaMs - servingMs),
  shedding,
  stages: rows.flatMap((row, i): DispatchStage[] => {
    if (row.escalation) return [];
    const heavy = rows[i + 1];
    if (!heavy?.escalation) return [dispatchRow(row)];
    return [{ ...dispatchRow(row), heavy: { ...dispatchRow(heavy), share: heavy.escalation.share } }];
  }),
});

function dispatchRow({ name, batch, maxWaitMs, serviceMs }: PolicyPlan['stages'][number]): DispatchRow {
  const sizes = serviceMs.map((point) => point.items);
  const meanMs = (i: number) => serviceMs[i]!.meanMs;
  return { name, batch, maxWaitMs, serviceMs: (items) => interpolate(sizes, meanMs, items) };
}

/**
 * The workers of a plan in the form that the dispatch takes: rows are indices.
 * @throws UnknownStageError if a worker holds a row that the plan does not have; validated plans have no such worker
 */
export function workersOf(plan: {
  readonly stages: readonly Pick<PlanStage, 'name' | 'escalation'>[];
  readonly workers: readonly { readonly id: string; readonly stages: readonly string[] }[];
}): DispatchWorker[] {
  const order = rowIndices(plan.stages);
  const indices = new Map(plan.stages.map(({ name }, at) => [name, order[at]!]));
  return plan.workers.map(({ id, stages }) => ({
    id,
    rows: stages.map((stage) => {
      const index = indices.get(stage);
      if (index === undefined) throw new UnknownStageError(id, stage);
      return index;
    }),
  }));
}
