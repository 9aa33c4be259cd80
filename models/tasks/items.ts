import type { ClassificationStage, DetectionStage, ImageInput } from '../manifests/manifest.ts';
import { pixelCount } from './image.ts';
import type { InputTensor, ItemBatch, OutputTensor } from './task.ts';

/** The pixels given are not the items that the stage takes. */
export class ItemShapeError extends Error {
  override name = 'ItemShapeError';
  constructor(
    readonly stage: string,
    readonly expectedBytes: number,
    readonly foundBytes: number,
  ) {
    super(
      `The items of stage "${stage}" should be ${expectedBytes} bytes of pixels, but are ${foundBytes}. ` +
        "Give pixels of the size that the manifest states under the stage's input.",
    );
  }
}

/** A session's output has not the shape that the manifest promises. */
export class OutputShapeError extends Error {
  override name = 'OutputShapeError';
  constructor(
    readonly stage: string,
    readonly expected: readonly number[],
    readonly found: readonly number[],
    readonly foundLength: number,
  ) {
    super(
      `A model of stage "${stage}" should give an output of shape [${expected.join(', ')}], ` +
        `but gave [${found.join(', ')}] with ${foundLength} values. ` +
        "Use a model made for this stage, or correct the stage's input, output or classes in the manifest.",
    );
  }
}

/** @throws OutputShapeError */
export function checkOutput(
  stage: DetectionStage | ClassificationStage,
  output: OutputTensor,
  expected: readonly number[],
): void {
  const length = expected.reduce((product, dim) => product * dim, 1);
  const same = output.dims.length === expected.length && expected.every((dim, i) => output.dims[i] === dim);
  if (!same || output.data.length !== length)
    throw new OutputShapeError(stage.name, expected, output.dims, output.data.length);
}

const tablesByInput = new WeakMap<ImageInput, Float32Array[]>();

/** A pixel has 256 values, so each channel is a look-up. */
function tablesOf(input: ImageInput): Float32Array[] {
  const known = tablesByInput.get(input);
  if (known) return known;
  const made = Array.from({ length: input.channels }, (_, c) => {
    const mean = input.mean[c] ?? input.mean[0]!;
    const std = input.std[c] ?? input.std[0]!;
    return Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
  });
  tablesByInput.set(input, made);
  return made;
}

/**
 * Pixels → float32 [count, channels, height, width], each (pixel / 255 − mean) / std.
 * @param scratch is written to and answered with where it is large enough: fresh memory costs more than the work
 * @throws ItemShapeError
 */
export function encodeImages(
  stage: string,
  input: ImageInput,
  { count, pixels }: ItemBatch,
  scratch?: Float32Array<ArrayBuffer>,
): InputTensor {
  const expected = count * pixelCount(input);
  if (pixels.length !== expected) throw new ItemShapeError(stage, expected, pixels.length);
  const data =
    scratch && scratch.length >= expected ? scratch.subarray(0, expected) : new Float32Array(expected);
  const plane = input.height * input.width;
  const tables = tablesOf(input);
  for (let start = 0, p = 0; start < expected; start += plane, p++) {
    const table = tables[p % input.channels]!;
    const end = start + plane;
    for (let i = start; i < end; i++) data[i] = table[pixels[i]!]!;
  }
  return { data, dims: [count, input.channels, input.height, input.width] };
}

/** Pixels of one item, uint8 [channels, height, width]: a view, not a copy. */
export function pixelsOf(items: ItemBatch, index: number): Uint8Array<ArrayBuffer> {
  const size = items.pixels.length / items.count;
  return items.pixels.subarray(index * size, (index + 1) * size);
}

/** The pixels of each item, of the first `most` only where that is given: views, not copies. */
export const splitItems = (items: ItemBatch, most = items.count): Uint8Array<ArrayBuffer>[] =>
  Array.from({ length: Math.min(most, items.count) }, (_, i) => pixelsOf(items, i));

/** The items of `parts`, in order; all of one stage. */
export function joinItems(parts: readonly ItemBatch[]): ItemBatch {
  const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.pixels.length, 0));
  let count = 0;
  let offset = 0;
  for (const part of parts) {
    pixels.set(part.pixels, offset);
    offset += part.pixels.length;
    count += part.count;
  }
  return { count, pixels };
}
