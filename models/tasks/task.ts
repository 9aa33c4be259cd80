import type { z } from 'zod';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import type { ItemFormat, ItemKind } from '../items/item-format.ts';
import type { TensorFile } from '../packs/safetensors.ts';
import type { NamedTensor } from '../packs/write.ts';
import type { Program } from './program.ts';
import type { Match } from './score.ts';

/** A stage's result for one item. Each task adds its own fields. */
export interface StageResult {
  readonly task: string;
}

/** A pack's labels for one stage, by row: one row for each item that the stage may get. */
export interface TruthRows<T> {
  /** The label of each row; null if the row has none, because it never reaches the stage. */
  readonly truths: readonly (T | null)[];
  /**
   * For each row, the indices of the next stage's rows that stand for the items which this stage, without errors, makes from the
   * row.
   */
  readonly children: readonly (readonly number[])[];
  /** Number of rows of the next stage. */
  readonly childRows: number;
}

/** Names of a task's metric. */
interface MetricNames {
  /** The name of the metric that scores the stage alone. */
  readonly stage: string;
  /** The name in the metric of a pipeline, where a stage of this task is the first one that is scored. */
  readonly pipeline: string;
  /** The words that a later stage of this task adds to the name of a pipeline's metric; absent: those of `pipeline`. */
  readonly later?: string;
}

interface ResultField<R, D, V> {
  readonly name: string;
  readonly datatype: D;
  /** Number of values in each row. */
  readonly columns: number;
  /** The values of one result's rows, row by row. */
  rowsOf(result: R): readonly V[];
}

/**
 * A field of a task's results as an Open Inference Protocol tensor: numbers, or texts as `BYTES`. All tensors of a task have the
 * same number of rows.
 */
export type ResultTensor<R> = ResultField<R, 'FP32' | 'INT32', number> | ResultField<R, 'BYTES', string>;

/** Reports an error of a stage. @param path of the field in the stage */
export type ReportProblem = (path: readonly (string | number)[], message: string) => void;

/**
 * A deep-learning task. Code outside a task's folder uses the task only through this interface. The functions are pure, so that
 * the profiler, the executor and the agent get the same results.
 */
export interface Task<
  S extends ManifestStage = ManifestStage,
  R extends StageResult = StageResult,
  T = unknown,
> {
  /** The task's identifier, as model hubs name it, e.g. `object-detection`. */
  readonly id: string;
  /** Schema of the fields that a manifest's stage has besides `name`, `task` and `variants`. */
  readonly fields: z.ZodRawShape;
  /**
   * Names of the {@link fields} that a variant may override, because they describe a model's inputs and outputs, e.g. `input`. A
   * variant's value replaces the stage's whole field; it does not change the stage's items, classes or labels.
   */
  readonly variantFields?: readonly string[];
  /** Checks what the schema cannot express. @param index of the stage in the pipeline */
  check?(stage: S, index: number, problem: ReportProblem): void;

  itemFormat(stage: S): ItemFormat;
  /** Kind of the items that the next stage gets; absent if the kind stays that of the stage's own items. */
  readonly childKind?: ItemKind;
  /** The programs that answer a batch with a variant's sessions. The roles of a variant's files decide which program runs it. */
  readonly programs: readonly Program<S, R>[];
  /**
   * Makes the next stage's items from one item and its result, in the order of the result. The items depend on nothing else, so
   * that a caller that loses a worker can make the same items again.
   * @param item without fields
   * @param next format of the next stage's items, whose fields the caller adds
   */
  children(stage: S, item: Item, result: R, next: ItemFormat): Item[];
  /**
   * How many items the next stage gets for each item: always one, one for each row of the item's result, or one or none depending
   * on the result. For `each-row` and `one-or-none`, the mean number depends on the variant.
   */
  fanOut(stage: S): 'one' | 'each-row' | 'one-or-none';

  /**
   * The model's confidence in a result, from 0 to 1. A cascade escalates items with low confidence to its heavy variant, so a
   * cascade pays only if results with higher confidence are right more often. Absent: the task's stages cannot be cascades.
   */
  confidence?(result: R): number;

  readonly metric: MetricNames;
  /**
   * Whether a request's score counts this stage's result `always`, or only if the stage is the `last` one. `last` suits tasks
   * such as translation, because a later stage's answer shows how good the translation was.
   */
  readonly judged: 'always' | 'last';
  /** Further metrics by name, from 0 to 1, that are shown beside the task's own. */
  otherMetrics?(results: readonly R[], truths: readonly T[]): Readonly<Record<string, number>>;
  /** Reads a stage's labels from a pack. @param rows number of the stage's labels in the pack @throws InvalidPackError */
  readTruths(file: TensorFile, stage: S, rows: number): TruthRows<T>;
  /**
   * Reads a label from a user's data, in the form that the task defines, e.g. the name of a class or a text.
   * @param label a JSON value
   * @param text the item's text, to which positions in the label refer; null if the item has no text or it is unknown
   * @throws LabelError
   */
  readLabel(stage: S, label: unknown, text: string | null): T;
  /**
   * Writes a stage's labels as {@link readTruths} reads them.
   * @param truths of each row; null for a row that never reaches the stage
   */
  writeTruths(stage: S, truths: readonly (T | null)[]): NamedTensor[];
  /** The result that a variant without errors gives for an item with this label. */
  perfect(truth: T): R;
  /** Pairs the predictions of a result with the truth of its item. */
  match(result: R, truth: T): Match[];

  /** The output tensors that hold results in the Open Inference Protocol. */
  tensors(stage: S): readonly ResultTensor<R>[];
}
