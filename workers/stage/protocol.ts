import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Tensor, TensorInfo } from '../../models/tasks/tensor.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What travels between a stage worker and whoever drives it. Buffers are transferred where the environment can. */

/** One variant of a stage on one backend, loaded in a worker. */
export interface VariantSpec {
  /** Names the loaded variant in this worker. */
  readonly key: string;
  /** Names the model in errors, e.g. `detect/det8`. */
  readonly model: string;
  readonly backend: Backend;
  readonly stage: ManifestStage;
  /** The stage that this one's results feed; null after the last. */
  readonly next: ManifestStage | null;
}

export interface LoadedVariant {
  readonly createMs: number;
  /** Some nodes run on the CPU although the backend is a GPU's. */
  readonly cpuFallback: boolean;
  /** What the sessions take and give, by role. */
  readonly sessions: Readonly<
    Record<string, { inputs: readonly TensorInfo[]; outputs: readonly TensorInfo[] }>
  >;
}

export interface StageRun {
  /** One per item, in order. */
  readonly results: StageResult[];
  /** Items for the next stage: `childCounts[i]` of them belong to item i. */
  readonly children: ItemBatch;
  readonly childCounts: number[];
  /** Of all runs of sessions together. */
  readonly inferenceMs: number;
}

/** A stage worker: holds variants, of one stage or of several, and runs one operation at a time. */
export interface StageWorkerApi {
  /** Loads ONNX Runtime. First call, once. */
  start(threads: number): Promise<Runtime['info']>;
  /** @throws ModelLoadError, ModelMismatchError */
  load(spec: VariantSpec, models: ModelBytes): Promise<LoadedVariant>;
  /** Items → results and the items of the next stage. @throws DeviceLostError */
  run(key: string, items: ItemBatch): Promise<StageRun>;
  /** Items → the raw outputs that backends are compared by. @throws DeviceLostError */
  infer(key: string, items: ItemBatch): Promise<readonly Tensor[]>;
  release(key: string): Promise<void>;
  /** Resolves with the reason when the GPU device is lost. */
  lost(): Promise<string>;
}
