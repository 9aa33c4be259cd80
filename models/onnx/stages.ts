import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { ImageInput } from '../tasks/images.ts';
import type { ClassifierFields } from './classifier.ts';
import type { Graph } from './graph.ts';
import type { OpenSize } from './picture-input.ts';
import { type YoloFields, type YoloHead, yoloFields } from './yolo.ts';

/** The stages, without variants, of models of pictures that come as ONNX files alone. */

/** How pixels are scaled for a model, which no ONNX file says. */
export interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How models usually get their pixels; the first is taken where nothing else is known. */
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

/** @param classes none to number them @throws ModelAloneError, PictureSizeError, ClassCountError */
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
