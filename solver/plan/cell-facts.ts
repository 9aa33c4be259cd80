import type { CellFlag, MeasuredCell } from '../documents/cell.ts';
import type { Profile } from '../documents/profile.ts';

/** The facts about a cell that do not depend on the rate. */
export interface CellFacts {
  readonly cell: MeasuredCell;
  readonly variant: Profile['stages'][number]['variants'][number];
  readonly meanMs: number;
  readonly latencyMs: number;
  /** h: time that a batch takes of the thread that hands it out. */
  readonly threadMs: number;
  /** Core time of a batch beside its session that the plan's cores must bear. */
  readonly hostMs: number;
  readonly flags: readonly CellFlag[];
  /** The cell of the variant that stands by for bursts; absent: none does. */
  readonly standby?: CellFacts;
}
