import { policyOf } from '../../solver/dispatch/plan.ts';
import { heldRows, isStandbyRow, rowsByIndex, stageOf } from '../../solver/dispatch/rows.ts';
import type { DispatchPolicy } from '../../solver/dispatch/types.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';

interface IndexedRow {
  /** The row's name; of a standby, that of the row whose batches it runs. */
  readonly name: string;
  readonly isStandby: boolean;
  /** Expected round-trip time of a batch. */
  serviceMs(items: number): number;
}

/** A plan with its dispatch policy, and its rows by their names and by their indices in the dispatch. */
export class PlanRows {
  readonly policy: DispatchPolicy;
  readonly #names: readonly (string | undefined)[];

  constructor(readonly plan: Plan) {
    this.policy = policyOf(plan);
    this.#names = rowsByIndex(plan.stages).map((row) => row?.name);
  }

  get #stages(): number {
    return this.policy.stages.length;
  }

  /** The index in the dispatch of a row of the plan. */
  indexOf(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The indices of what a worker holds with a row of its plan, whose standby the present plan's row need not have. */
  heldWith(row: PlanStage): number[] {
    return heldRows(this.indexOf(row.name), row, this.#stages);
  }

  at(row: number): IndexedRow {
    const stage = this.policy.stages[stageOf(row, this.#stages)]!;
    const isStandby = isStandbyRow(row, this.#stages);
    const { serviceMs } = (isStandby ? stage.standby : row < this.#stages ? stage : stage.heavy)!;
    return { name: this.#names[row]!, isStandby, serviceMs };
  }

  /** Name of the stage that a row belongs to. */
  stageNameAt(row: number): string {
    return this.policy.stages[stageOf(row, this.#stages)]!.name;
  }

  /** Names of the rows to which a row's items go on: that of the next stage, and that of its own heavy variant. */
  after(row: number): { readonly next: string | undefined; readonly heavy: string | undefined } {
    const { stages } = this.policy;
    const stage = stageOf(row, stages.length);
    return { next: stages[stage + 1]?.name, heavy: row === stage ? stages[stage]!.heavy?.name : undefined };
  }

  /** The confidence under which results of a row escalate; undefined if none does. */
  thresholdOf(row: number): number | undefined {
    const { heavy } = this.after(row);
    return this.plan.stages.find(({ name }) => name === heavy)?.escalation?.below;
  }
}
