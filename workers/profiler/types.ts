import type { Cell, CellKey } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';

export interface ProfileSettings {
  readonly backends: readonly Backend[];
  /** Thread counts to measure on CPU backends. A GPU backend has one thread. */
  readonly threads: readonly number[];
  /** Batch sizes in rising order, from 1. */
  readonly batches: readonly number[];
  /** Time for measuring latencies; checking the models before that and measuring accuracy come on top. */
  readonly budgetS: number;
  readonly seed: number;
  /**
   * A variant's sweep over the batch sizes ends at a batch that takes longer than this. If absent, IPA's rule derives the SLA
   * from the latencies of the smallest batches.
   */
  readonly slaMs?: number;
  /** Set if the profile is for a cluster, so that the time of a batch's hop to a pod is measured, too. */
  readonly pods?: true;
}

export interface ProfileProgress {
  /**
   * The phases in order: load and check models, measure accuracy, measure cells, run two workers side by side, run batches after
   * pauses, measure cells again, most often those with the widest intervals.
   */
  readonly phase: 'models' | 'accuracy' | 'cells' | 'co-run' | 'pauses' | 'refine';
  /** Completed steps of the phase, of `total`. Cells that turn out not to be needed count as done. */
  readonly done: number;
  readonly total: number;
  /** Share of the whole profile's time that has passed; it never falls. */
  readonly share: number;
  /** Estimated time left for the whole profile, which never rises; null until it can be estimated. */
  readonly timeLeftMs: number | null;
  /** The cell of the current step; a description of the step if it measures no cell. */
  readonly current: string | CellKey;
  /** The cell that this step measured, skipped or failed to measure. */
  readonly finished?: Cell;
  /** The cell of this step, read from the journal of an interrupted profile. */
  readonly recalled?: Cell;
}
