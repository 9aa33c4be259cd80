import { createHash } from 'node:crypto';
import { type LoadedManifest, withFiles } from '../models/manifests/load.ts';
import { parseManifest } from '../models/manifests/manifest.ts';
import { MANIFEST } from '../solver/documents/manifest.ts';
import { f32, gzip, i32, safetensors, u8 } from './models/safetensors.ts';
import { brightestChannel, quarterDetector } from './onnx.ts';

/**
 * A pipeline in which the variants of a stage have different inputs and outputs: detectors of three families and sizes, then
 * classifiers of two sizes and element types. All detectors find the same objects.
 */

export const SIDE = 16;
export const IMAGES = 12;
/** The colours in the order of the models' channels; `CLASSES` has the order of the detecting stage. */
export const CHANNELS = ['red', 'green', 'blue'];
export const CLASSES = ['blue', 'red', 'green'];

/** The channels of a picture's two coloured quarters, of which one is in the upper half and one in the lower half. */
const channelsOf = (image: number): readonly [number, number] => [image % 3, (image + 1) % 3];
const quartersOf = (image: number) => [image % 2, 2 + (image % 2)] as const;
const placeOf = (quarter: number) => ({ x: (quarter % 2) * 8, y: Math.floor(quarter / 2) * 8 });

/** Returns the pixels of a picture: its red, green and blue channel, one after the other. */
export const pixelsOf = (image: number): number[] => {
  const pixels = Array<number>(3 * SIDE * SIDE).fill(0);
  quartersOf(image).forEach((quarter, half) => {
    const { x, y } = placeOf(quarter);
    for (let row = y; row < y + 8; row++)
      pixels.fill(
        255,
        (channelsOf(image)[half]! * SIDE + row) * SIDE + x,
        (channelsOf(image)[half]! * SIDE + row) * SIDE + x + 8,
      );
  });
  return pixels;
};

const images = Array.from({ length: IMAGES }, (_, image) => image);
/** The objects of all pictures, with the classes' names. */
export const objects = images.flatMap((image) =>
  quartersOf(image).map((quarter, half) => ({
    image,
    ...placeOf(quarter),
    name: CHANNELS[channelsOf(image)[half]!]!,
  })),
);

/** The files that the manifest names. */
export const files = new Map<string, Uint8Array<ArrayBuffer>>();

function keep(file: string, bytes: Uint8Array<ArrayBuffer>) {
  files.set(file, bytes);
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const pack = gzip(
  safetensors({
    images: u8([IMAGES, 3, SIDE, SIDE], images.flatMap(pixelsOf)),
    boxes: f32(
      [objects.length, 4],
      objects.flatMap(({ x, y }) => [x, y, x + 8, y + 8]),
    ),
    object_image: i32(objects.map(({ image }) => image)),
    object_label: i32(objects.map(({ name }) => CLASSES.indexOf(name))),
    'label.classify': i32(objects.map(({ name }) => CHANNELS.indexOf(name))),
  }),
);

function variant(name: string, bytes: Uint8Array<ArrayBuffer>, own: object = {}) {
  const model = { ...keep(`${name}.onnx`, bytes), sizeBytes: bytes.length, dtype: 'fp32' };
  return { name, sessions: { model }, accuracy: null, accuracySource: 'made up', ...own };
}

const square = (side: number) => ({ channels: 3, height: side, width: side });
const classifier = (type: 'float32' | 'uint8', side: number) =>
  brightestChannel({ type, dims: ['batch', 3, side, side] }, 1, { type: 'float32', dims: ['batch', 3] });

export const manifest = {
  schema: MANIFEST,
  name: 'mixed',
  title: 'Models of several sizes',
  stages: [
    {
      name: 'detect',
      task: 'object-detection',
      input: square(16),
      pictures: square(SIDE),
      output: { format: 'detr', threshold: 0.5, classes: CHANNELS },
      classes: CLASSES,
      variants: [
        variant('detr', quarterDetector('detr', 'float32')),
        variant('yolo', quarterDetector('yolov8', 'float32', 32), {
          input: square(32),
          output: { format: 'yolov8', threshold: 0.5, classes: CHANNELS },
        }),
        variant('rt-detr', quarterDetector('rt-detr', 'float16', 8), {
          input: square(8),
          output: { format: 'rt-detr', threshold: 0.5, classes: CHANNELS },
        }),
      ],
    },
    {
      name: 'classify',
      task: 'image-classification',
      input: square(4),
      pictures: square(8),
      classes: CHANNELS,
      variants: [
        variant('small', classifier('float32', 4)),
        variant('large', classifier('uint8', 8), { input: square(8), scores: 'probabilities' }),
      ],
    },
  ],
  pack: { ...keep('pack.bin', pack), source: 'made up' },
};

export const DETECTORS = ['detr', 'yolo', 'rt-detr'];

export const loadMixed = (): LoadedManifest =>
  withFiles(parseManifest(manifest, 'the test'), async (file) => files.get(file)!);
