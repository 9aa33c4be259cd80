import type { MeasuredCell } from '../documents/cell.ts';
import type { Profile } from '../documents/profile.ts';

/** The facts about a cell that do not depend on the rate. */
export interface CellFacts {
  readonly cell: MeasuredCell;
  readonly variant: Profile['stages'][number]['variants'][number];
  readonly meanMs: number;
  readonly latencyMs: number;
  /** h: time of a batch on the thread that hands out batches. */
  readonly threadMs: number;
  /** Core time that a batch takes outside its session, as far as it counts against the plan's cores. */
  readonly hostMs: number;
  /** The cell of the standby for bursts; absent if there is none. */
  readonly standby?: CellFacts;
}
