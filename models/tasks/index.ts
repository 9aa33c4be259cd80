import type { ManifestStage } from '../manifests/manifest.ts';
import { imageClassification } from './image-classification.ts';
import { objectDetection } from './object-detection.ts';
import type { Task } from './task.ts';

export { ItemShapeError, joinItems, OutputShapeError, pixelsOf } from './items.ts';
export type { Box, InputTensor, ItemBatch, OutputTensor, StageResult, Task } from './task.ts';

/** How the items of `stage` become tensors, and its outputs results. */
export const taskOf = (stage: ManifestStage): Task =>
  stage.task === 'object-detection' ? objectDetection : imageClassification;

/** Shape of the output of the stage's models for one item. */
export const outputDims = (stage: ManifestStage): number[] =>
  stage.task === 'object-detection'
    ? [
        4,
        Math.ceil(stage.input.height / stage.output.stride),
        Math.ceil(stage.input.width / stage.output.stride),
      ]
    : [stage.classes.length];
