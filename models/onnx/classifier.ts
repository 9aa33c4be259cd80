import type { z } from 'zod';
import type { ClassifyingStage } from '../tasks/classes.ts';
import type { ImageInput, imageInput } from '../tasks/images.ts';
import type { TensorInfo } from '../tasks/tensor.ts';
import type { Graph } from './graph.ts';

/** An ONNX model does not look like a picture classifier of these classes. */
export class NotAClassifierError extends Error {
  override name = 'NotAClassifierError';
  constructor(file: string, problem: string) {
    super(
      `${file} cannot become a pipeline by itself: ${problem}. Give the config.json of its repository with it, and the files beside ` +
        'that, or a manifest, or add it by its id on the hub.',
    );
  }
}

/** The fields of a stage of the task "image-classification". */
export interface ClassifierFields {
  readonly input: z.input<typeof imageInput>;
  readonly classes: readonly string[];
  readonly scores: ClassifyingStage['scores'];
}

/** Pictures of a model that takes any size get this one, as most classifiers were trained with it. */
const USUAL_EDGE = 224;

/**
 * Reads from a model's graph how it classifies pictures.
 * @param classes their names, in the order of the model's outputs; null to number them
 * @throws NotAClassifierError
 */
export function classifierFields(
  { inputs, outputs, makers }: Graph,
  classes: readonly string[] | null,
  file: string,
): ClassifierFields {
  const [picture, ...more] = inputs;
  if (!picture || more.length > 0)
    throw new NotAClassifierError(file, `it takes ${inputs.length} tensors, and one is expected`);
  const [scores] = outputs;
  const [, count, ...further] = scores?.dims ?? [];
  if (!scores || !count || further.some((size) => size !== 1))
    throw new NotAClassifierError(file, 'it gives no scores of a fixed number of classes, [batch, classes]');
  if (classes && classes.length !== count)
    throw new NotAClassifierError(
      file,
      `it tells ${count} classes apart, and the folders have ${classes.length} (${classes.slice(0, 5).join(', ')} …)`,
    );
  return {
    input: pictureInput(picture, file),
    classes: classes ?? Array.from({ length: count }, (_, i) => `class ${i}`),
    scores: makers.get(scores.name) === 'Softmax' ? 'probabilities' : 'logits',
  };
}

function pictureInput({ name, dims }: TensorInfo, file: string): ClassifierFields['input'] {
  const isChannels = (size: number | null | undefined): size is ImageInput['channels'] =>
    size === 1 || size === 3;
  const [, second, third, fourth] = dims;
  if (dims.length === 4 && isChannels(second))
    return { channels: second, height: third ?? USUAL_EDGE, width: fourth ?? USUAL_EDGE };
  if (dims.length === 4 && isChannels(fourth))
    return {
      channels: fourth,
      height: second ?? USUAL_EDGE,
      width: third ?? USUAL_EDGE,
      layout: 'nhwc',
    };
  throw new NotAClassifierError(
    file,
    `its input ${name} is no picture of 1 or 3 channels, [batch, channels, height, width]`,
  );
}
