import type { z } from 'zod';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import type { ItemFormat } from '../items/item-format.ts';
import type { TensorFile } from '../packs/safetensors.ts';
import type { Program } from './program.ts';

/** What a stage says of one item. Each task has its own form. */
export interface StageResult {
  readonly task: string;
}

/** What is true of items in a stage's pack rows. */
export interface TruthRows<T> {
  /** By row; null where the row has no label, because it never reaches the stage. */
  readonly truths: readonly (T | null)[];
  /** By row: the rows of the items that a perfect result gives the next stage. */
  readonly children: readonly (readonly number[])[];
  /** Rows of the next stage. */
  readonly childRows: number;
}

/**
 * One thing that a result says or that is true: a detected object, or the class of an item. The next stage's item of that
 * thing has the same index among the item's children.
 */
export interface Match {
  /** Index among the things that the result says; null: it says nothing of this one. */
  readonly said: number | null;
  /** Index among the things that are true; null: it is not there. */
  readonly truth: number | null;
  /** Whether what is said is true. */
  readonly right: boolean;
}

/** A part of results as a tensor of the Open Inference Protocol: rows of numbers, as many in every tensor of a task. */
export interface ResultTensor<R> {
  readonly name: string;
  readonly datatype: 'FP32' | 'INT32';
  /** Numbers of a row. */
  readonly columns: number;
  /** The rows of one result, one after the other. */
  rowsOf(result: R): readonly number[];
}

/**
 * What a stage does, for every stage of that task in any manifest. Everything outside a task's folder knows tasks by this
 * interface alone. Functions are pure: the same in profiler, executor and agent.
 */
export interface Task<
  S extends ManifestStage = ManifestStage,
  R extends StageResult = StageResult,
  T = unknown,
> {
  /** The field's name of the task, e.g. `object-detection`. */
  readonly id: string;
  /** Fields of a manifest's stage beside its name, task and variants. */
  readonly fields: z.ZodRawShape;
  /** Reports what the schema of the fields cannot say. @param index of the stage in the pipeline */
  check?(
    stage: S,
    index: number,
    problem: (path: readonly (string | number)[], message: string) => void,
  ): void;

  /** What the items of a stage are. */
  items(stage: S): ItemFormat;
  /** How a variant's sessions answer a batch. */
  readonly program: Program<S, R>;
  /** The items that one item gives the next stage, in the order of its result. */
  children(stage: S, item: Item, result: R, next: ItemFormat): Item[];
  /**
   * How many items an item gives the next stage: always one; one for each row of its result; or none where the result says so.
   * Where it depends on the result, every variant has a fan-out of its own.
   */
  fanOut(stage: S): 'one' | 'each-row' | 'one-or-none';

  /** Name of the stage's metric. */
  readonly metric: string;
  /** Name of the metric of a pipeline that begins with the task. */
  readonly pipelineMetric: string;
  /** Reads the labels of a stage from a pack. @param rows of the stage @throws InvalidPackError */
  readTruths(file: TensorFile, stage: S, rows: number): TruthRows<T>;
  /** What a stage that never errs says. */
  perfect(truth: T): R;
  /** A result held against what is true of its item. */
  match(result: R, truth: T): Match[];

  readonly tensors: readonly ResultTensor<R>[];
  /** The result that a pod's tensors tell of. @param rows of one item, by the tensors' names */
  resultOf(rows: Readonly<Record<string, ArrayLike<number>>>): R;
}
