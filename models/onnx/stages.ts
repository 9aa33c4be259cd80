import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { ImageInput } from '../tasks/images.ts';
import type { ClassifierFields } from './classifier.ts';
import type { Graph } from './graph.ts';
import type { OpenSize } from './picture-input.ts';
import { type YoloFields, type YoloHead, yoloFields } from './yolo.ts';

/** Builds stages, without variants, for picture models of which only the ONNX file is given. */

/** Normalisation of pixels for a model: (pixel / 255 − mean) / std. An ONNX file does not state mean and std. */
export interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The usual normalisations. The first one is the default where the model's own is unknown. */
export const SCALINGS = [
  { name: '0..1', words: '0 to 1', mean: [0], std: [1] },
  { name: '-1..1', words: '−1 to 1', mean: [0.5], std: [0.5] },
  {
    name: 'imagenet',
    words: "ImageNet's mean and deviation",
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
] as const satisfies readonly (Scaling & { readonly name: string; readonly words: string })[];

type ClassifierStage = ManifestStage &
  Omit<ClassifierFields, 'classes' | 'input'> & { readonly input: ImageInput; readonly classes: string[] };

export const classifierStage = (
  { input, classes, scores }: ClassifierFields,
  { mean, std }: Scaling,
): ClassifierStage => ({
  name: 'classify',
  task: 'image-classification',
  input: { ...input, layout: input.layout ?? 'nchw', mean: [...mean], std: [...std] },
  classes: [...classes],
  scores,
  variants: [],
});

/** @param classes class names; empty to name the classes by number @throws ModelAloneError, PictureSizeError, ClassCountError */
export const detectorStage = (
  graph: Graph,
  head: YoloHead,
  classes: readonly string[],
  file: string,
  size: Partial<OpenSize> = {},
): ManifestStage & YoloFields => ({
  name: 'detect',
  task: 'object-detection',
  ...yoloFields(graph, head, classes, file, size),
  variants: [],
});
