import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { ManifestStage, ManifestVariant } from '../../solver/documents/manifest.ts';

const variant: ManifestVariant = {
  name: 'only',
  sessions: { model: { file: 'only.onnx', sha256: '0'.repeat(64), sizeBytes: 1, dtype: 'fp32' } },
  accuracy: 1,
  accuracySource: 'made up',
};

/** A detector of 16 × 16 images with cells of 4 pixels: its output is [n, 4, 4, 4]. */
export const detect = {
  name: 'detect',
  task: 'object-detection',
  input: { channels: 1 as const, height: 16, width: 16, mean: [0], std: [1], layout: 'nchw' as const },
  output: { format: 'centre-map' as const, stride: 4, sizeScale: 10, threshold: 0.5 },
  variants: [variant],
};

/** A classifier of 4 × 4 images into three classes. */
export const classify = {
  name: 'classify',
  task: 'image-classification',
  input: { channels: 1 as const, height: 4, width: 4, mean: [0], std: [1], layout: 'nchw' as const },
  classes: ['a', 'b', 'c'],
  scores: 'logits',
  variants: [variant],
};

/** A later classifier of the same objects, which takes them in another size. */
export const colour = {
  ...classify,
  name: 'colour',
  input: { ...classify.input, height: 2, width: 2 },
  classes: ['red', 'blue'],
};

/** A language filter: English texts go on. */
export const language = {
  name: 'language',
  task: 'text-classification',
  input: { encoding: 'bytes', length: 8 },
  classes: ['eng', 'fra', 'deu'],
  scores: 'logits',
  passOn: ['eng'],
  variants: [variant],
};

/** A classifier of the texts that `language` passes on. */
export const spam = {
  ...language,
  name: 'spam',
  classes: ['ham', 'spam'],
  passOn: undefined,
};

/** Speech recognition, of English recordings of at most 2 s. */
export const transcribe = {
  name: 'transcribe',
  task: 'automatic-speech-recognition',
  input: { sampleRateHz: 16000, secondsMax: 2 },
  language: 'en',
  tokensMax: 20,
  beams: 1,
  variants: [variant],
};

/** Makes a pipeline of stages. */
export const pipelineOf = (...stages: ManifestStage[]) => new Pipeline({ name: 'made-up', stages });
