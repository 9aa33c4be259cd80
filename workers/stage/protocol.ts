import type { ManifestStage } from '../../models/manifests/manifest.ts';
import type { ItemBatch, OutputTensor, StageResult } from '../../models/tasks/task.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Runtime, TensorInfo } from '../runtime/runtime.ts';

/** What travels between a stage worker and whoever drives it. Buffers are transferred where the environment can. */

/** One variant of a stage on one backend, as a session of a worker. */
export interface SessionSpec {
  /** Names the session in this worker. */
  readonly key: string;
  /** Names the model in errors, e.g. `detect/det8`. */
  readonly model: string;
  readonly backend: Backend;
  readonly stage: ManifestStage;
  /** The stage that this one's results feed; null after the last. */
  readonly next: ManifestStage | null;
}

export interface LoadedSession {
  readonly createMs: number;
  readonly cpuFallback: boolean;
  readonly input: TensorInfo;
  readonly output: TensorInfo;
}

export interface StageRun {
  /** One per item, in order. */
  readonly results: StageResult[];
  /** Items for the next stage, back to back: `childCounts[i]` of them belong to item i. */
  readonly children: ItemBatch;
  readonly childCounts: number[];
  readonly inferenceMs: number;
}

/** A stage worker: holds sessions, of one stage or of several, and runs one operation at a time. */
export interface StageWorkerApi {
  /** Loads ONNX Runtime. First call, once. */
  start(threads: number): Promise<Runtime['info']>;
  /** @throws ModelLoadError, ModelMismatchError */
  load(spec: SessionSpec, bytes: Uint8Array): Promise<LoadedSession>;
  /** Items → results and the items of the next stage. @throws DeviceLostError */
  run(key: string, items: ItemBatch): Promise<StageRun>;
  /** Items → the session's raw output, to compare backends. @throws DeviceLostError */
  infer(key: string, items: ItemBatch): Promise<OutputTensor>;
  release(key: string): Promise<void>;
  /** Resolves with the reason when the GPU device is lost. */
  lost(): Promise<string>;
}
