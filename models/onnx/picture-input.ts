import type { z } from 'zod';
import { InputError } from '../../solver/documents/coded-error.ts';
import type { ImageInput, imageInput } from '../tasks/images.ts';
import type { Graph } from './graph.ts';

/** An ONNX file alone does not tell how its model is run. */
export class ModelAloneError extends InputError {
  override name = 'ModelAloneError';
  constructor(file: string, problem: string) {
    super(
      `${file} cannot become a pipeline by itself: ${problem}. Give the config.json of its repository with it, and the files beside ` +
        'that, or a manifest, or add it by its id on the hub.',
    );
  }
}

/**
 * Reads from a model's graph what pictures it takes.
 * @param usualEdge height and width where the model takes any size
 * @throws ModelAloneError if it takes anything else
 */
export function pictureInput({ inputs }: Graph, usualEdge: number, file: string): z.input<typeof imageInput> {
  const [picture, ...more] = inputs;
  if (!picture || more.length > 0)
    throw new ModelAloneError(file, `it takes ${inputs.length} tensors, and one is expected`);
  const isChannels = (size: number | null | undefined): size is ImageInput['channels'] =>
    size === 1 || size === 3;
  const { name, dims } = picture;
  const [, second, third, fourth] = dims;
  if (dims.length === 4 && isChannels(second))
    return { channels: second, height: third ?? usualEdge, width: fourth ?? usualEdge };
  if (dims.length === 4 && isChannels(fourth))
    return { channels: fourth, height: second ?? usualEdge, width: third ?? usualEdge, layout: 'nhwc' };
  throw new ModelAloneError(
    file,
    `its input ${name} is no picture of 1 or 3 channels, [batch, channels, height, width]`,
  );
}
