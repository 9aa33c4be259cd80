import type { Backend } from '../../solver/documents/common.ts';
import type { Cell } from '../../solver/documents/profile.ts';

export interface ProfileSettings {
  readonly backends: readonly Backend[];
  /** Thread counts tried on CPU backends; a GPU backend has 1. */
  readonly threads: readonly number[];
  /** Batch sizes, rising from 1. */
  readonly batches: readonly number[];
  /** Time for measuring, without loading models and accuracy. */
  readonly budgetS: number;
  readonly seed: number;
  /** Batches slower than this are not followed further; absent: IPA's rule on what batch 1 measured. */
  readonly slaMs?: number;
}

export interface ProfileProgress {
  /** In this order: models are read and checked, accuracy is measured, every cell is measured, workers run side by side, the widest intervals are narrowed. */
  readonly phase: 'models' | 'accuracy' | 'cells' | 'co-run' | 'refine';
  /** Steps of this phase. */
  readonly done: number;
  readonly total: number;
  /** Of the whole profile, from measured rates; null before anything is known. */
  readonly timeLeftMs: number | null;
  /** What is worked on, e.g. `detect/det8/webgpu/1/4`. */
  readonly current: string;
  /** A cell that has just been finished and journalled. */
  readonly finished?: Cell;
  /** A cell that an earlier, interrupted profile had finished. */
  readonly recalled?: Cell;
}
