import { policyOf } from '../../solver/dispatch/plan.ts';
import { heavyRow, rowAt, rowIndices, stageOf } from '../../solver/dispatch/rows.ts';
import type { DispatchPolicy, DispatchRow } from '../../solver/dispatch/types.ts';
import type { Plan } from '../../solver/documents/plan.ts';

/** A plan with its dispatch policy, and its rows by their names and by their indices in the dispatch. */
export class PlanRows {
  readonly policy: DispatchPolicy;

  constructor(readonly plan: Plan) {
    this.policy = policyOf(plan);
  }

  /** The index in the dispatch of a row of the plan. */
  indexOf(name: string): number {
    const { stages: rows } = this.plan;
    return rowIndices(rows)[rows.findIndex((row) => row.name === name)]!;
  }

  at(row: number): DispatchRow {
    return rowAt(this.policy.stages, row)!;
  }

  /** Names of the rows to which a row's items go on: that of the next stage, and that of its own heavy variant. */
  after(row: number): { readonly next: string | undefined; readonly heavy: string | undefined } {
    const { stages } = this.policy;
    const stage = stageOf(row, stages.length);
    return { next: stages[stage + 1]?.name, heavy: row === stage ? stages[stage]!.heavy?.name : undefined };
  }

  /** The confidence under which results of a row escalate; undefined if none does. */
  thresholdOf(row: number): number | undefined {
    const { stages } = this.policy;
    const heavy = row < stages.length ? rowAt(stages, heavyRow(row, stages.length)) : undefined;
    return this.plan.stages.find(({ name }) => name === heavy?.name)?.escalation?.below;
  }
}
