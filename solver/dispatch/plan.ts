import { type Plan, type PlanStage, stageRows } from '../documents/plan.ts';
import { UnknownRowError } from './errors.ts';
import { interpolate } from './interpolate.ts';
import { heldRows, rowIndices } from './rows.ts';
import type { DispatchPolicy, DispatchRow, DispatchStage, DispatchWorker } from './types.ts';

/** The fields of a plan that the dispatch depends on. */
type PolicyPlan = Pick<Plan, 'slaMs' | 'servingMs' | 'shedding' | 'downshift'> & {
  readonly stages: readonly Pick<
    PlanStage,
    'name' | 'batch' | 'maxWaitMs' | 'serviceMs' | 'escalation' | 'standby'
  >[];
};

/**
 * The dispatch policy of a plan. It interpolates the times of batch sizes that were not measured. The dispatch counts from a
 * request's arrival to its end, so the policy's SLA leaves out the time that serving takes before and after.
 */
export const policyOf = ({
  slaMs,
  servingMs = 0,
  shedding,
  downshift,
  stages: rows,
}: PolicyPlan): DispatchPolicy => ({
  slaMs: Math.max(0, slaMs - servingMs),
  shedding,
  ...(downshift && { downshift }),
  stages: rows.flatMap((row, i): DispatchStage[] => {
    if (row.escalation) return [];
    const heavy = rows[i + 1];
    if (!heavy?.escalation) {
      const { standby } = row;
      return [
        { ...dispatchRow(row), ...(standby && { standby: { serviceMs: timesOf(standby.serviceMs) } }) },
      ];
    }
    return [{ ...dispatchRow(row), heavy: { ...dispatchRow(heavy), share: heavy.escalation.share } }];
  }),
});

const dispatchRow = ({ name, batch, maxWaitMs, serviceMs }: PolicyPlan['stages'][number]): DispatchRow => ({
  name,
  batch,
  maxWaitMs,
  serviceMs: timesOf(serviceMs),
});

/** Returns the expected time of a batch in ms by its number of items, interpolated between the batch sizes that a plan lists. */
export function timesOf(points: PlanStage['serviceMs']): DispatchRow['serviceMs'] {
  const sizes = points.map((point) => point.items);
  const meanMs = (i: number) => points[i]!.meanMs;
  return (items) => interpolate(sizes, meanMs, items);
}

/**
 * The workers of a plan in the form that the dispatch takes: rows are indices.
 * @throws UnknownRowError if a worker holds a row that the plan does not have; validated plans have no such worker
 */
export function workersOf(plan: {
  readonly stages: readonly Pick<PlanStage, 'name' | 'escalation' | 'standby'>[];
  readonly workers: readonly { readonly id: string; readonly stages: readonly string[] }[];
}): DispatchWorker[] {
  const order = rowIndices(plan.stages);
  const { length } = stageRows(plan.stages);
  const indices = new Map(plan.stages.map((row, at) => [row.name, heldRows(order[at]!, row, length)]));
  return plan.workers.map(({ id, stages }) => ({
    id,
    rows: stages.flatMap((row) => {
      const held = indices.get(row);
      if (held === undefined) throw new UnknownRowError(id, row);
      return held;
    }),
  }));
}
