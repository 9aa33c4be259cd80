import { type PlanStage, stageRows } from '../documents/plan.ts';
import type { DispatchRow, DispatchStage } from './types.ts';

/**
 * A row is one variant of a stage. A stage has one row, and a second one if it has a heavy variant (a cascade) or a standby.
 * Every item of a cascade reaches the light variant's row, and some escalate to the heavy variant's. With n stages, stage i has
 * the row indices i, i + n for its heavy variant, and i + 2n for its standby. So a row keeps its index, whichever plan serves.
 */
export const stageOf = (row: number, stages: number): number => row % stages;

export const heavyRow = (stage: number, stages: number): number => stage + stages;

export const standbyRow = (stage: number, stages: number): number => stage + 2 * stages;

export const isHeavyRow = (row: number, stages: number): boolean => row >= stages && row < 2 * stages;

export const isStandbyRow = (row: number, stages: number): boolean => row >= 2 * stages;

/** The indices of the rows that a worker of this row holds: the row itself and, if the row has a standby, the standby's row. */
export const heldRows = (row: number, { standby }: Pick<PlanStage, 'standby'>, stages: number): number[] =>
  standby ? [row, standbyRow(row, stages)] : [row];

/** The row with an index, which must not be a standby's; undefined for the heavy variant of a stage without a cascade. */
export const rowAt = (stages: readonly DispatchStage[], row: number): DispatchRow | undefined =>
  row < stages.length ? stages[row] : stages[row - stages.length]?.heavy;

/** The index of each row of a plan, in the order of the plan. */
export function rowIndices(rows: readonly Pick<PlanStage, 'escalation'>[]): number[] {
  const stages = stageRows(rows).length;
  let stage = -1;
  return rows.map(({ escalation }) => (escalation ? heavyRow(stage, stages) : ++stage));
}

/** The rows of a plan by index, standbys included; undefined for heavy variants and standbys that stages do not have. */
export function rowsByIndex<R extends Pick<PlanStage, 'escalation' | 'standby'>>(
  rows: readonly R[],
): (R | undefined)[] {
  const stages = stageRows(rows).length;
  const byIndex: (R | undefined)[] = [];
  for (const [at, index] of rowIndices(rows).entries()) {
    const row = rows[at]!;
    byIndex[index] = row;
    if (row.standby) byIndex[standbyRow(index, stages)] = { ...row, ...row.standby };
  }
  return Array.from(byIndex);
}
