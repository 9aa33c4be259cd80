import { policyOf } from '../../solver/dispatch/plan.ts';
import { heldRows, isStandbyRow, rowsByIndex, stageOf } from '../../solver/dispatch/rows.ts';
import type { DispatchPolicy } from '../../solver/dispatch/types.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { UnknownStageError } from '../runtime/errors.ts';
import type { BatchRecord } from './types.ts';

interface IndexedRow {
  /** The row's name. A standby (a lighter variant for bursts) has the name of the row whose batches it runs. */
  readonly name: string;
  readonly isStandby: boolean;
  /** Expected round-trip time of a batch. */
  serviceMs(items: number): number;
}

/** A plan with its dispatch policy. Maps between the names of the plan's rows and their indices in the dispatch. */
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

  /** The index that a row of the plan has in the dispatch. */
  indexOf(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The index that a stage of the plan has in the dispatch. @throws UnknownStageError */
  indexOfStage(name: string): number {
    const { stages } = this.policy;
    const index = stages.findIndex((stage) => stage.name === name);
    if (index === -1) throw new UnknownStageError(name, stages);
    return index;
  }

  /**
   * The indices of a row and, if it has one, its standby.
   * @param row a row of the plan that a worker was started for; the present plan's row of that name may have no standby
   */
  heldWith(row: PlanStage): number[] {
    return heldRows(this.indexOf(row.name), row, this.#stages);
  }

  at(row: number): IndexedRow {
    const stage = this.policy.stages[stageOf(row, this.#stages)]!;
    const isStandby = isStandbyRow(row, this.#stages);
    const { serviceMs } = (isStandby ? stage.standby : row < this.#stages ? stage : stage.heavy)!;
    return { name: this.#names[row]!, isStandby, serviceMs };
  }

  stageNameAt(row: number): string {
    return this.policy.stages[stageOf(row, this.#stages)]!.name;
  }

  /** Names of the rows that may get a row's items next: the row of the next stage, and that of the same stage's heavy variant. */
  after(row: number): { readonly next: string | undefined; readonly heavy: string | undefined } {
    const { stages } = this.policy;
    const stage = stageOf(row, stages.length);
    return { next: stages[stage + 1]?.name, heavy: row === stage ? stages[stage]!.heavy?.name : undefined };
  }

  /** The heavy variant to which items of a row escalate if their result's confidence is under `below`; undefined if none do. */
  escalationOf(row: number): { readonly heavy: string; readonly below: number } | undefined {
    const { heavy } = this.after(row);
    const found = this.plan.stages.find(({ name }) => name === heavy);
    return found && { heavy: found.variant, below: found.escalation!.below };
  }
}

/**
 * Whether a batch ran the variant that a plan has for its row. A worker of the plan before may end its last batches after a switch,
 * and a standby is a lighter, faster variant for bursts.
 */
export const ranAsPlanned = ({ stages }: Plan, { stage, variant, backend, standby }: BatchRecord): boolean =>
  !standby && stages.some((row) => row.name === stage && row.variant === variant && row.backend === backend);
