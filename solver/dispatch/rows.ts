import type { PlanStage } from '../documents/plan.ts';
import type { DispatchRow, DispatchStage } from './types.ts';

/**
 * A stage has one row, or two if it is a cascade: that of its light variant, which every item reaches, and that of its heavy
 * variant. The first has the stage's index; the second has that index plus the number of stages. So a row keeps its index,
 * whichever plan serves.
 */
export const stageOf = (row: number, stages: number): number => row % stages;

export const heavyRow = (stage: number, stages: number): number => stage + stages;

/** The row of an index; undefined for the heavy variant of a stage without a cascade. */
export const rowAt = (stages: readonly DispatchStage[], row: number): DispatchRow | undefined =>
  row < stages.length ? stages[row] : stages[row - stages.length]?.heavy;

/** The index of each row of a plan, in the order of the plan. */
export function rowIndices(rows: readonly Pick<PlanStage, 'escalation'>[]): number[] {
  const stages = rows.filter(({ escalation }) => !escalation).length;
  let stage = -1;
  return rows.map(({ escalation }) => (escalation ? heavyRow(stage, stages) : ++stage));
}

/** The rows of a plan by their index. Absent: heavy variants of stages without a cascade. */
export function rowsByIndex<R extends Pick<PlanStage, 'escalation'>>(rows: readonly R[]): (R | undefined)[] {
  const byIndex: (R | undefined)[] = [];
  for (const [at, index] of rowIndices(rows).entries()) byIndex[index] = rows[at];
  return Array.from(byIndex);
}
