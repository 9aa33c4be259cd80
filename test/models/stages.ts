import type { ClassificationStage, DetectionStage } from '../../models/manifests/manifest.ts';

const variant = {
  name: 'only',
  file: 'only.onnx',
  sha256: '0'.repeat(64),
  sizeBytes: 1,
  accuracy: 1,
  accuracySource: 'made up',
};

/** A detector of 16 × 16 images with cells of 4 pixels: its output is [n, 4, 4, 4]. */
export const detect: DetectionStage = {
  name: 'detect',
  task: 'object-detection',
  input: { channels: 1, height: 16, width: 16, mean: [0], std: [1] },
  output: { format: 'centre-map', stride: 4, sizeScale: 10, threshold: 0.5 },
  variants: [variant],
};

/** A classifier of 4 × 4 images into three classes. */
export const classify: ClassificationStage = {
  name: 'classify',
  task: 'image-classification',
  input: { channels: 1, height: 4, width: 4, mean: [0], std: [1] },
  classes: ['a', 'b', 'c'],
  variants: [variant],
};

/** A second opinion on the same images, of another size. */
export const colour: ClassificationStage = {
  ...classify,
  name: 'colour',
  input: { ...classify.input, height: 2, width: 2 },
  classes: ['red', 'blue'],
};
