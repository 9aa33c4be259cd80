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
  /** For each row, the indices of the next stage's rows that follow from it if the stage makes no error. */
  readonly children: readonly (readonly number[])[];
  /** Number of rows of the next stage. */
  readonly childRows: number;
}

/** Names of a task's metric. */
interface MetricNames {
  /** For the stage alone. */
  readonly stage: string;
  /** For a pipeline that begins with the task. */
  readonly pipeline: string;
  /** What a later stage of this task adds to the name of a pipeline's metric; absent if that is `pipeline` too. */
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
   * Names of those {@link fields} that say what a model takes and gives, e.g. `input`. A variant may have them too; they then stand in
   * the place of the stage's, whole. The stage's items, classes and labels do not depend on them.
   */
  readonly variantFields?: readonly string[];
  /** Checks what the schema cannot express. @param index of the stage in the pipeline @param problem reports an error */
  check?(
    stage: S,
    index: number,
    problem: (path: readonly (string | number)[], message: string) => void,
  ): void;

  itemFormat(stage: S): ItemFormat;
  /** Kind of the items that the next stage gets; absent if that is the kind of the stage's own. */
  readonly childKind?: ItemKind;
  /** The programs that answer a batch with a variant's sessions. The roles of a variant's files tell which one is its own. */
  readonly programs: readonly Program<S, R>[];
  /**
   * Makes the next stage's items that follow from one item, in the order of its result. They depend on item and result alone,
   * so that they can be made again after a worker is lost.
   * @param item without fields
   * @param next format of the next stage's items, whose fields the caller adds
   */
  children(stage: S, item: Item, result: R, next: ItemFormat): Item[];
  /**
   * How many of the next stage's items follow from one item: always one, one for each row of its result, or one or none by its
   * result. Except for `one`, the fan-out depends on the variant.
   */
  fanOut(stage: S): 'one' | 'each-row' | 'one-or-none';

  /**
   * How sure the model is of a result, from 0 to 1. A cascade sends items with an unsure result on to its heavy variant, which pays
   * only if surer results are right more often. Absent: stages of the task are in no cascade.
   */
  confidence?(result: R): number;

  readonly metric: MetricNames;
  /**
   * Whether a request's score counts this stage's result `always`, or only if the stage is the `last` one: a later stage's
   * answer shows how good a transcript or a translation was.
   */
  readonly judged: 'always' | 'last';
  /** Further metrics by name, from 0 to 1, that are shown beside the task's own. */
  otherMetrics?(results: readonly R[], truths: readonly T[]): Readonly<Record<string, number>>;
  /** Reads a stage's labels from a pack. @param rows number of the stage's rows @throws InvalidPackError */
  readTruths(file: TensorFile, stage: S, rows: number): TruthRows<T>;
  /**
   * Reads a label as people write it: the name of a class, a text, or what else the task says.
   * @param label a JSON value
   * @param text in which the label's places are; null where it is not known
   * @throws LabelError
   */
  readLabel(stage: S, label: unknown, text: string | null): T;
  /** Writes a stage's labels as {@link readTruths} reads them. @param truths of each row; null for one that never reaches the stage */
  writeTruths(stage: S, truths: readonly (T | null)[]): NamedTensor[];
  /** The result of a variant that makes no errors. */
  perfect(truth: T): R;
  /** Pairs the predictions of a result with the truth of its item. */
  match(result: R, truth: T): Match[];

  /** The output tensors that hold results in the Open Inference Protocol. */
  tensors(stage: S): readonly ResultTensor<R>[];
}
