import type { z } from 'zod';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { type Box, cropResize, pixelCount } from '../../items/crop.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import { InvalidPackError, type TensorFile } from '../../packs/safetensors.ts';
import { encodeImages, type ImageInput, imageInput, imageTensor, pixelsFormat } from '../images.ts';
import { oneRun } from '../program.ts';
import type { StageResult, Task } from '../task.ts';
import { matchDetections } from './boxes.ts';
import { centreMap, centreMapDims, type Detection, detectionsOf } from './centre-map.ts';

const ID = 'object-detection';

interface Stage extends ManifestStage {
  readonly input: ImageInput;
  readonly output: z.output<typeof centreMap>;
}

interface Result extends StageResult {
  readonly task: typeof ID;
  readonly detections: readonly Detection[];
}

/** Finds objects in images. The next stage gets one item for each detected box: the box, cut out and resized. */
export const objectDetection: Task<Stage, Result, readonly Box[]> = {
  id: ID,
  fields: { input: imageInput, output: centreMap },
  check(_stage, index, problem) {
    if (index > 0)
      problem(
        ['task'],
        'expected object-detection in the first stage only, because a pack has boxes only for its own images',
      );
  },

  items: ({ input }) => pixelsFormat(input),
  program: oneRun({
    input: ({ input }) => imageTensor(input),
    output: ({ input, output }) => centreMapDims(input, output),
    encode: ({ name, input }, items, scratch, type) => encodeImages(name, input, items, scratch, type),
    decode: ({ input, output }, map) => ({ task: ID, detections: detectionsOf(map, input, output) }),
  }),
  children({ input }, item, { detections }, next) {
    const shape = next as ItemFormatOf<'pixels'>;
    return detections.map((box) => {
      const pixels = new Uint8Array(pixelCount(shape));
      cropResize(item, input, box, pixels, shape);
      return pixels;
    });
  },
  fanOut: () => 'each-row',

  metric: 'F1@0.5',
  pipelineMetric: 'F1@0.5',
  readTruths(file, { input }, rows) {
    const objects = readObjects(file, input, rows);
    const children: number[][] = Array.from({ length: rows }, () => []);
    objects.forEach(({ image }, k) => {
      children[image]!.push(k);
    });
    return {
      truths: children.map((members) => members.map((k) => objects[k]!.box)),
      children,
      childRows: objects.length,
    };
  },
  perfect: (boxes) => ({ task: ID, detections: boxes.map((box) => ({ ...box, score: 1 })) }),
  match: ({ detections }, boxes) => matchDetections(detections, boxes),

  tensors: [
    {
      name: 'boxes',
      datatype: 'FP32',
      columns: 4,
      rowsOf: ({ detections }) => detections.flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1]),
    },
    {
      name: 'scores',
      datatype: 'FP32',
      columns: 1,
      rowsOf: ({ detections }) => detections.map(({ score }) => score),
    },
  ],
};

/** Reads `boxes` F32 [objects, 4] (x0, y0, x1, y1 in pixels) and `object_image` I32 [objects], the index of each object's image. */
function readObjects(file: TensorFile, { height, width }: ImageInput, images: number) {
  const corners = file.f32('boxes', 2);
  const owner = file.i32('object_image', 1);
  const count = owner.data.length;
  if (corners.shape[0] !== count || corners.shape[1] !== 4)
    throw new InvalidPackError(`expected boxes of shape [${count}, 4], found [${corners.shape.join(', ')}]`);
  return Array.from(owner.data, (image, k) => {
    const corner = (i: number) => corners.data[4 * k + i]!;
    const box: Box = { x0: corner(0), y0: corner(1), x1: corner(2), y1: corner(3) };
    if (!(image >= 0 && image < images))
      throw new InvalidPackError(`object ${k} belongs to image ${image}, but the pack has ${images} images`);
    // Chained comparisons, so that a box with NaN fails too.
    const inside =
      0 <= box.x0 && box.x0 < box.x1 && box.x1 <= width && 0 <= box.y0 && box.y0 < box.y1 && box.y1 <= height;
    if (!inside)
      throw new InvalidPackError(`the box of object ${k}, ${JSON.stringify(box)}, is not inside its image`);
    return { image, box };
  });
}
