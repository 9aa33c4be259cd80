import { z } from 'zod';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { InvalidPackError, type TensorFile } from '../packs/safetensors.ts';
import type { Match, ResultTensor, StageResult, TruthRows } from './task.ts';

/** Shared by classification tasks on any kind of item. */

export const classesField = z.array(z.string().min(1).max(100)).min(2).max(100_000);

/** A stage that gives each item one class. Its models output one logit per class, in the order of `classes`. */
export interface ClassifyingStage extends ManifestStage {
  readonly classes: readonly string[];
}

/** The index of the most probable class, and its softmax probability. */
export interface ClassResult extends StageResult {
  readonly label: number;
  readonly score: number;
}

/** The class with the largest logit, with its softmax probability. */
export function largestLogit(logits: Float32Array): { label: number; score: number } {
  let label = 0;
  for (let c = 1; c < logits.length; c++) if (logits[c]! > logits[label]!) label = c;
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += Math.exp(logits[c]! - logits[label]!);
  return { label, score: 1 / sum };
}

/** Stands in a pack for the label of a row that never reaches the stage. */
const NO_LABEL = -1;

/**
 * Reads `label.<stage>` I32 [rows]: the class of each row, −1 for a row that never reaches the stage.
 * @param passesOn whether items of a class go on to the next stage
 * @throws InvalidPackError
 */
export function readClassTruths(
  file: TensorFile,
  { name, classes }: ClassifyingStage,
  rows: number,
  passesOn: (label: number) => boolean = () => true,
): TruthRows<number> {
  const { data } = file.i32(`label.${name}`, 1);
  if (data.length !== rows)
    throw new InvalidPackError(`"label.${name}" should have ${rows} labels, but has ${data.length}`);
  const wrong = data.findIndex((label) => label < NO_LABEL || label >= classes.length);
  if (wrong >= 0)
    throw new InvalidPackError(
      `"label.${name}" has class ${data[wrong]} at row ${wrong}, but stage "${name}" has ${classes.length} classes`,
    );
  return {
    truths: Array.from(data, (label) => (label === NO_LABEL ? null : label)),
    children: Array.from(data, (label, row) => (label !== NO_LABEL && passesOn(label) ? [row] : [])),
    childRows: rows,
  };
}

export const matchClass = ({ label }: ClassResult, truth: number): Match[] => [
  { predicted: 0, truth: 0, right: label === truth },
];

/** Results in the Open Inference Protocol: `labels` (class index) and `scores` (probability), one row per item. */
export const CLASS_TENSORS: readonly ResultTensor<ClassResult>[] = [
  { name: 'labels', datatype: 'INT32', columns: 1, rowsOf: ({ label }) => [label] },
  { name: 'scores', datatype: 'FP32', columns: 1, rowsOf: ({ score }) => [score] },
];

/** The inverse of {@link CLASS_TENSORS}, for one item. */
export const classOfRows = (rows: Readonly<Record<string, ArrayLike<number>>>) => ({
  label: rows.labels![0]!,
  score: rows.scores![0]!,
});
