import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { ClassifierFields } from './classifier.ts';
import type { Graph } from './graph.ts';
import { type YoloHead, yoloFields } from './yolo.ts';

/** The stages, without variants, of models of pictures that come as ONNX files alone. */

/** How pixels are scaled for a model, which no ONNX file says. */
export interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pixels from 0 to 1. */
export const UNSCALED: Scaling = { mean: [0], std: [1] };

type ClassifierStage = ManifestStage & Omit<ClassifierFields, 'classes'> & { readonly classes: string[] };

export const classifierStage = (
  { input, classes, scores }: ClassifierFields,
  { mean, std }: Scaling,
): ClassifierStage => ({
  name: 'classify',
  task: 'image-classification',
  input: { layout: 'nchw', ...input, mean: [...mean], std: [...std] },
  classes: [...classes],
  scores,
  variants: [],
});

/** @param classes none to number them @throws ModelAloneError, ClassCountError */
export const detectorStage = (
  graph: Graph,
  head: YoloHead,
  classes: readonly string[],
  file: string,
): ManifestStage => ({
  name: 'detect',
  task: 'object-detection',
  ...yoloFields(graph, head, classes, file),
  variants: [],
});
