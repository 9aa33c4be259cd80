import type { z } from 'zod';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import type { ItemFormat } from '../items/item-format.ts';
import type { TensorFile } from '../packs/safetensors.ts';
import type { Program } from './program.ts';

/** A stage's result for one item. Each task adds its own fields. */
export interface StageResult {
  readonly task: string;
}

/** The truths that a pack holds for a stage, by row: one row for each item that the stage may get. */
export interface TruthRows<T> {
  /** The truth of each row; null when the row has no label because it never reaches the stage. */
  readonly truths: readonly (T | null)[];
  /** For each row, the next stage's rows that follow from a result without errors. */
  readonly children: readonly (readonly number[])[];
  /** Number of rows of the next stage. */
  readonly childRows: number;
}

/**
 * One thing that a result predicts, that is true, or both: an object, or the class of an item. When a thing leads to an item of
 * the next stage, that item has the thing's index among the children.
 */
export interface Match {
  /** Index among the things that the result predicts; null when the true thing was missed. */
  readonly predicted: number | null;
  /** Index among the true things; null when the predicted thing is spurious. */
  readonly truth: number | null;
  /** Whether the prediction equals the truth. */
  readonly right: boolean;
}

/** A field of a task's results as a tensor of the Open Inference Protocol. All tensors of a task have the same number of rows. */
export interface ResultTensor<R> {
  readonly name: string;
  readonly datatype: 'FP32' | 'INT32';
  /** Numbers per row. */
  readonly columns: number;
  /** The numbers of one result's rows, row by row. */
  rowsOf(result: R): readonly number[];
}

/**
 * What a stage does. Code outside a task's folder uses tasks only through this interface. The functions are pure, so that the
 * profiler, the executor and the agent get the same results.
 */
export interface Task<
  S extends ManifestStage = ManifestStage,
  R extends StageResult = StageResult,
  T = unknown,
> {
  /** The task's identifier, as model hubs name it, e.g. `object-detection`. */
  readonly id: string;
  /** Fields that a manifest's stage has besides `name`, `task` and `variants`. */
  readonly fields: z.ZodRawShape;
  /** Checks what the schema of the fields cannot express. @param index of the stage in the pipeline @param problem reports an error */
  check?(
    stage: S,
    index: number,
    problem: (path: readonly (string | number)[], message: string) => void,
  ): void;

  /** The format of a stage's items. */
  items(stage: S): ItemFormat;
  /** How a variant's sessions answer a batch. */
  readonly program: Program<S, R>;
  /**
   * The next stage's items that follow from one item, in the order of its result. They depend on nothing else: where a worker is
   * lost with its items, they are made again from the item and the result.
   * @param next format of the next stage's items
   */
  children(stage: S, item: Item, result: R, next: ItemFormat): Item[];
  /**
   * How many items of the next stage follow from one item: always one, one for each row of its result, or one or none by its
   * result. Unless it is always one, the fan-out depends on the variant.
   */
  fanOut(stage: S): 'one' | 'each-row' | 'one-or-none';

  /** Name of the stage's metric. */
  readonly metric: string;
  /** Name of the metric of a pipeline whose first stage has this task. */
  readonly pipelineMetric: string;
  /** Reads a stage's labels from a pack. @param rows number of the stage's rows @throws InvalidPackError */
  readTruths(file: TensorFile, stage: S, rows: number): TruthRows<T>;
  /** The result of a stage that makes no errors. */
  perfect(truth: T): R;
  /** Compares a result with the truth of its item. */
  match(result: R, truth: T): Match[];

  /** The tensors that hold results in the Open Inference Protocol. */
  tensors(stage: S): readonly ResultTensor<R>[];
}
