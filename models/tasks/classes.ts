import { z } from 'zod';
import { shown } from '../../solver/documents/document.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { InvalidPackError, type TensorFile } from '../packs/safetensors.ts';
import { i32 } from '../packs/write.ts';
import { LabelError } from './label-error.ts';
import { macroF1 } from './macro-f1.ts';
import { type Input, oneRun } from './one-run.ts';
import type { Program } from './program.ts';
import { columnOf } from './result-columns.ts';
import { f1Match } from './score.ts';
import type { StageResult, Task, TruthRows } from './task.ts';
import { FLOATS, indexOfLargest } from './tensor.ts';

/** Manifest fields, results and labels that all classification tasks share, on pictures and on texts. */

export const classesField = z.array(z.string().min(1).max(100)).min(2).max(100_000);

/**
 * Returns the index of the first class of this name or else of the only class with this synonym; otherwise −1. A class may be a
 * list of synonyms, as in ImageNet, e.g. `mouse, computer mouse`.
 */
export function classIndex(classes: readonly string[], name: string): number {
  // File systems and archives of macOS decompose the accents in names, e.g. those of folders named after classes.
  const own = classes.includes(name) ? name : name.normalize();
  const exact = classes.indexOf(own);
  if (exact >= 0) return exact;
  const synonyms = classes.flatMap((one, i) => (one.split(', ').includes(own) ? [i] : []));
  return synonyms.length === 1 ? synonyms[0]! : -1;
}

/** Manifest field: whether models output logits or probabilities, one value per class in the order of `classes`. */
export const scoresField = z.enum(['logits', 'probabilities']).default('logits');

/** A stage whose models choose one class for each item. */
export interface ClassifyingStage extends ManifestStage {
  readonly classes: readonly string[];
  readonly scores: z.output<typeof scoresField>;
}

/** The index of the most probable class, and its probability. */
export interface ClassResult extends StageResult {
  readonly label: number;
  readonly score: number;
}

/** Returns the class with the largest value, and its probability: the value itself, or its softmax if values are logits. */
export function largest(
  values: Float32Array,
  scores: ClassifyingStage['scores'],
): { label: number; score: number } {
  const label = indexOfLargest(values);
  if (scores === 'probabilities') return { label, score: values[label]! };
  let sum = 0;
  for (let c = 0; c < values.length; c++) sum += Math.exp(values[c]! - values[label]!);
  return { label, score: 1 / sum };
}

/** The label that a pack has for an item that never reaches the stage. */
const NO_LABEL = -1;

/**
 * Reads a pack's tensor `label.<stage>` I32 [rows]: the class of each row, −1 for a row that never reaches the stage.
 * @param passesOn whether items of a class go on to the next stage
 * @throws InvalidPackError
 */
function readClassTruths(
  file: TensorFile,
  { name, classes }: ClassifyingStage,
  rows: number,
  passesOn: (label: number) => boolean,
): TruthRows<number> {
  const { data } = file.read(`label.${name}`, 'I32', 1);
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

/** The index of the class that a label names. @throws LabelError if the label names no class, or several */
export function readClass(
  { name, classes }: Pick<ClassifyingStage, 'name' | 'classes'>,
  label: unknown,
): number {
  const index = typeof label === 'string' ? classIndex(classes, label) : -1;
  const several = index >= 0 && classes.includes(classes[index]!, index + 1);
  if (index >= 0 && !several) return index;
  const known = classes.slice(0, 5).join(', ') + (classes.length > 5 ? ', …' : '');
  throw new LabelError(
    `stage "${name}" has ${several ? 'several classes' : 'no class'} ${shown(label)}; its classes are ${known}`,
    'Rename the label, or the class in the manifest.',
  );
}

const column = columnOf((result: ClassResult) => [result]);
/** Output tensors in the Open Inference Protocol: `labels` (class index) and `scores` (probability), one row per item. */
const CLASS_TENSORS = [
  column('labels', 'INT32', ({ label }) => label),
  column('scores', 'FP32', ({ score }) => score),
];

/** The parts of a classification task that depend on the kind of item. */
interface Classifier<S extends ClassifyingStage>
  extends Partial<Pick<Program<S, ClassResult>, 'assets' | 'prepare'>> {
  inputs(stage: S): readonly Input<S>[];
  /** Whether the next stage gets items of this class; without this function, it gets items of all classes. */
  passesOn?(stage: S, label: number): boolean;
}

/**
 * The part of a task that all classification tasks share: one model with one output value per class, labels in `label.<stage>`,
 * and accuracy as the metric.
 */
export const classifying = <S extends ClassifyingStage>(
  task: string,
  { inputs, passesOn = () => true, ...files }: Classifier<S>,
) =>
  ({
    programs: [
      {
        ...files,
        ...oneRun<S, ClassResult>({
          inputs,
          outputs: ({ classes }) => [{ types: FLOATS, dims: [classes.length] }],
          decode: ({ scores }, [output]) => ({ task, ...largest(output!.values, scores) }),
        }),
      },
    ],
    confidence: ({ score }) => score,
    metric: { stage: 'top-1 accuracy', pipeline: 'accuracy', later: 'right class' },
    judged: 'always',
    otherMetrics: (results, truths) => ({
      'macro F1': macroF1(
        results.map(({ label }) => label),
        truths,
      ),
    }),
    readTruths: (file, stage, rows) => readClassTruths(file, stage, rows, (label) => passesOn(stage, label)),
    readLabel: readClass,
    writeTruths: ({ name }, truths) => [
      i32(
        `label.${name}`,
        truths.map((label) => label ?? NO_LABEL),
      ),
    ],
    perfect: (label) => ({ task, label, score: 1 }),
    match: ({ label }, truth) => [f1Match(0, 0, label === truth)],
    tensors: () => CLASS_TENSORS,
  }) satisfies Partial<Task<S, ClassResult, number>>;
