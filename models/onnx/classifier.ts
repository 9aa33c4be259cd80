import type { z } from 'zod';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { ClassifyingStage } from '../tasks/classes.ts';
import type { PictureInput, pictureInputField } from '../tasks/pictures.ts';
import { computedBy, type Graph, notedClasses } from './graph.ts';
import { ModelAloneError, type OpenSize, pictureInput, type Scaling } from './picture-input.ts';

/** The fields of a stage of the task "image-classification". */
export interface ClassifierFields {
  readonly input: z.input<typeof pictureInputField>;
  readonly classes: readonly string[];
  readonly scores: ClassifyingStage['scores'];
}

/** An error lists at most this many of the given classes. */
const NAMED = 5;
/** Most classifiers were trained with pictures of this size. */
const USUAL: OpenSize['usual'] = { width: 224, height: 224 };

/**
 * Operators that compute a probability for each class: of one class among all, or of each class by itself. ONNX Runtime's
 * quantisation replaces them by operators on integers.
 */
const PROBABILITIES = /^(QLinear)?(Softmax|Sigmoid)$/;

/** Whether the first output of a classifier has probabilities or logits. */
export function scoresOf(graph: Graph): ClassifyingStage['scores'] {
  const operator = computedBy(graph, graph.outputs[0]?.name ?? '') ?? '';
  return PROBABILITIES.test(operator) ? 'probabilities' : 'logits';
}

/**
 * Derives the stage fields of a picture classifier from its graph: the input, the classes, and whether scores are probabilities.
 * @param classes class names in the order of the model's outputs; null for those that the exporter noted or, if there are none,
 * numbers
 * @throws ModelAloneError, PictureSizeError
 */
export function classifierFields(
  graph: Graph,
  classes: readonly string[] | null,
  file: string,
  size: Partial<OpenSize> = {},
): ClassifierFields {
  const input = pictureInput(graph, { usual: USUAL, ...size }, file);
  const [, count, ...further] = graph.outputs[0]?.dims ?? [];
  if (!count || further.some((size) => size !== 1))
    throw new ModelAloneError(
      file,
      'it gives neither scores of a fixed number of classes, [batch, classes], nor the boxes of a YOLO in pixels, before ' +
        'non-maximum suppression',
    );
  if (count === 1)
    throw new ModelAloneError(file, 'it gives one score, and a classifier gives one for each of its classes');
  if (classes && classes.length !== count)
    throw new ModelAloneError(file, `it tells ${count} classes apart, and ${givenText(classes)}`);
  const noted = notedClasses(graph);
  return {
    input,
    classes:
      classes ?? (noted.length === count ? noted : Array.from({ length: count }, (_, i) => `class ${i}`)),
    scores: scoresOf(graph),
  };
}

interface ClassifierStage extends ManifestStage {
  readonly input: PictureInput;
  readonly classes: string[];
  readonly scores: ClassifierFields['scores'];
}

/** The stage of a classifier, without variants. */
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

/** Describes the given classes for an error: their number and the first few names. */
function givenText(classes: readonly string[]): string {
  if (classes.length === 0) return 'none is given';
  const more = classes.length > NAMED ? ', …' : '';
  return `${classes.length === 1 ? '1 is' : `${classes.length} are`} given (${classes.slice(0, NAMED).join(', ')}${more})`;
}
