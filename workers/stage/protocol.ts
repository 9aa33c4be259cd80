import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import { type PipelineStage, pipelineStage } from '../../models/manifests/pipeline.ts';
import type { RunTimes } from '../../models/tasks/program.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Tensor, TensorInfo } from '../../models/tasks/tensor.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type ManifestStage, stageOfVariant } from '../../solver/documents/manifest.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The calls to a stage worker and their data. Buffers are transferred in a browser and copied in Node. */

/** A variant to load in a worker, on one backend. */
export interface VariantSpec {
  /** Identifies the loaded variant in this worker. */
  readonly key: string;
  /** Name of the variant in errors, e.g. `detect/det8`. */
  readonly model: string;
  readonly backend: Backend;
  /** The stage as the variant sees it: with the variant's own fields. */
  readonly stage: ManifestStage;
  /** Format of the stage's items, with the fields that they carry. */
  readonly format: ItemFormat;
  /** Format of the next stage's items; null for the last stage. */
  readonly next: ItemFormat | null;
}

/** The spec of a variant of a pipeline's stage. If `key` is absent, the key is `<stage>/<variant>`. */
export const variantSpec = (
  { stage, format, next, variant: named }: PipelineStage,
  { variant, backend, key }: { readonly variant: string; readonly backend: Backend; readonly key?: string },
): VariantSpec => {
  const model = `${stage.name}/${variant}`;
  return {
    key: key ?? model,
    model,
    backend,
    stage: stageOfVariant(stage, named(variant)),
    format,
    next: next?.format ?? null,
  };
};

/** The spec of a variant of a stage outside a pipeline. @param stage the stage with the variant's own fields */
export const specAlone = (
  stage: ManifestStage,
  variant: Pick<VariantSpec, 'key' | 'model' | 'backend'>,
): VariantSpec => ({ ...variant, stage, format: pipelineStage(stage, null).format, next: null });

/** Facts that are known once a variant is loaded. */
export interface LoadedVariant {
  /** Time to create all sessions. */
  readonly createMs: number;
  /** Whether some nodes run on the CPU although the backend uses a GPU. */
  readonly cpuFallback: boolean;
  /** Inputs and outputs of the sessions, by role. */
  readonly sessions: Readonly<
    Record<string, { inputs: readonly TensorInfo[]; outputs: readonly TensorInfo[] }>
  >;
}

/** Items that a worker keeps, by the numbers that the worker gave them. */
export interface KeptItems {
  readonly kept: readonly number[];
}

/** Tells a worker which items to keep, so that items need not leave the worker between its stages. */
export interface Keeping {
  /** Whether the worker keeps the children of this batch's items. The worker keeps an item until a batch runs the item. */
  readonly keep: boolean;
  /** Whether the worker keeps the batch's own items too, because it may have to run them again with a heavier variant. */
  readonly keepOwn: boolean;
  /** Numbers of kept items that no batch will run. */
  readonly forget: readonly number[];
}

/** The result of a stage for one batch. `Children` is {@link KeptItems} if the worker was told to keep them. */
export interface StageRun<Children = ItemBatch> {
  /** One result per item, in order. */
  readonly results: StageResult[];
  /** Items for the next stage. The first `childCounts[0]` are children of item 0, the next `childCounts[1]` of item 1, etc. */
  readonly children: Children;
  readonly childCounts: number[];
  /** The batch's own items, in order, if the worker was told to keep them. */
  readonly own?: KeptItems;
}

/** A stage's result for one batch, with the facts that the profiler records about the batch. */
export interface MeasuredRun<Children = ItemBatch> extends StageRun<Children>, RunTimes {
  /** Sum of the items' sizes, in the unit of their kind. */
  readonly size: number;
}

/** The operators of one type in one session of a variant. Its figures are means per batch. */
export interface OperatorTime {
  /** The session's role. */
  readonly session: string;
  /** Type of the operator that ONNX Runtime runs, which may combine several operators of the model. */
  readonly operator: string;
  /** Where the operators ran: on a GPU backend, some may run on the CPU. */
  readonly on: 'gpu' | 'cpu';
  /** Number of nodes or, on a GPU, of kernels that ran. */
  readonly calls: number;
  readonly ms: number;
}

/** The times of a variant's operators, by ONNX Runtime's profiler, which makes runs slower. */
export interface OperatorTimes {
  /** Number of measured batches. */
  readonly batches: number;
  /** Mean time of a batch's session runs, with the profiler on. */
  readonly batchMs: number;
  /** Sorted by time, the longest first. */
  readonly operators: readonly OperatorTime[];
  /** Whether the device reported the times of its kernels. If a GPU did not, `operators` has only the times on the CPU. */
  readonly kernelsTimed: boolean;
}

/** The calls that a stage worker answers, one at a time. A worker holds variants of one stage or of several. */
export interface StageWorkerApi {
  /** Loads ONNX Runtime. Must be the first call, and only once. @param threads number of threads of a CPU backend */
  start(threads: number): Promise<Runtime['info']>;
  /**
   * Creates and checks the sessions of a variant. A loaded variant with the same key is replaced.
   * @throws ModelLoadError, ModelMismatchError
   */
  load(spec: VariantSpec, models: ModelBytes): Promise<LoadedVariant>;
  /** Runs a batch: items in, results and the next stage's items out. @throws DeviceLostError */
  run(
    key: string,
    items: ItemBatch | KeptItems,
    keeping?: Keeping,
  ): Promise<MeasuredRun<ItemBatch | KeptItems>>;
  /** Runs a batch and returns the sessions' raw outputs, to compare backends. @throws DeviceLostError */
  infer(key: string, items: ItemBatch): Promise<readonly Tensor[]>;
  /**
   * Loads a variant with ONNX Runtime's profiler on, warms it up, measures its operators, and releases it.
   * @param batches at least one; they are run in turn
   * @throws ModelLoadError, ModelMismatchError, DeviceLostError
   */
  operators(spec: VariantSpec, models: ModelBytes, batches: readonly ItemBatch[]): Promise<OperatorTimes>;
  release(key: string): Promise<void>;
  /** Resolves with the reason when the GPU device is lost. */
  lost(): Promise<string>;
}
