import type { ManifestStage } from '../manifests/manifest.ts';

/** Items of one stage, back to back: pixels uint8 [count, channels, height, width]. */
export interface ItemBatch {
  readonly count: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Input of a session: float32, C order. */
export interface InputTensor {
  readonly data: Float32Array<ArrayBuffer>;
  readonly dims: readonly number[];
}

/** First output of a session: float32, C order, batch first. */
export interface OutputTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Corners in pixels of the item it was found in. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** What a stage says of one item. */
export type StageResult =
  | { readonly task: 'object-detection'; readonly detections: readonly (Box & { readonly score: number })[] }
  | { readonly task: 'image-classification'; readonly label: number; readonly score: number };

/**
 * A task turns items into tensors and outputs into results: pure functions, the same in profiler and executor.
 * The result's task is the stage's; so is the layout of its tensors.
 */
export interface Task<S extends ManifestStage = ManifestStage> {
  /**
   * Items → the session's input [count, channels, height, width].
   * @param scratch memory that the input may take, where it is large enough
   */
  encode(stage: S, items: ItemBatch, scratch?: Float32Array<ArrayBuffer>): InputTensor;
  /** The session's output → one result per item. @throws OutputShapeError */
  decode(stage: S, output: OutputTensor, count: number): StageResult[];
  /**
   * The items that item `index` of a batch gives the next stage, in the order of its result:
   * one crop per detection, or the item itself (resized to the next input) after a classification.
   */
  children(stage: S, items: ItemBatch, index: number, result: StageResult, next: ManifestStage): ItemBatch;
}
