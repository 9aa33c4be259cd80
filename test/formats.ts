import { createHash } from 'node:crypto';
import { MANIFEST } from '../solver/documents/manifest.ts';
import { f32, gzip, i32, safetensors, u8 } from './models/safetensors.ts';
import { brightestChannel, quarterDetector } from './onnx.ts';

/** Pipelines as people bring them, whose models have other formats than the shipped ones. */

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const COLOURS = ['red', 'green', 'blue'];
/** Sides of the scenes, of their quarters, and of the images that the classifiers take. */
export const [SCENE, QUARTER, PATCH] = [16, 8, 4];
const SCENES = 12;

/** How the classifiers of colours take images. */
export const PATCHES = { channels: 3, height: PATCH, width: PATCH, mean: [0.5], std: [0.25] };

const classifier = (type: 'float32' | 'float16' | 'uint8', batch: number | 'batch', channelAxis: 1 | 3 = 1) =>
  brightestChannel(
    { type, dims: channelAxis === 1 ? [batch, 3, PATCH, PATCH] : [batch, PATCH, PATCH, 3] },
    channelAxis,
    { type: type === 'float16' ? 'float16' : 'float32', dims: [batch, COLOURS.length] },
  );

/** Classifiers of colours, which answer alike, by the name of their format. */
export const CLASSIFIERS = {
  usual: classifier('float32', 'batch'),
  nhwc: classifier('float32', 'batch', 3),
  bytes: classifier('uint8', 'batch'),
  pairs: classifier('float32', 2),
  half_fp16: classifier('float16', 'batch'),
};

export const modelFile = ({ name, bytes }: NamedBytes, dtype = 'fp32') => ({
  file: name,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  sizeBytes: bytes.length,
  dtype,
});

export const ownVariant = (name: string, file: NamedBytes) => ({
  name,
  sessions: { model: modelFile(file) },
  accuracy: null,
  accuracySource: 'made up',
});

export const classifierFile = (name: keyof typeof CLASSIFIERS): NamedBytes => ({
  name: `${name}.onnx`,
  bytes: CLASSIFIERS[name],
});

/** Scenes with one or two coloured quarters on black, their boxes, and the colours for both stages. */
export function scenes(): NamedBytes {
  const objects = Array.from({ length: SCENES }, (_, image) => [
    image,
    ...(image % 2 ? [image + 1] : []),
  ]).map((quarters) =>
    quarters.map((i, k) => ({ x: QUARTER * (i % 2), y: QUARTER * k, label: i % COLOURS.length })),
  );
  const plane = SCENE ** 2;
  const pixels = new Uint8Array(SCENES * 3 * plane);
  objects.forEach((all, image) => {
    for (const { x, y, label } of all)
      for (let row = y; row < y + QUARTER; row++)
        pixels.fill(
          255,
          (3 * image + label) * plane + row * SCENE + x,
          (3 * image + label) * plane + row * SCENE + x + QUARTER,
        );
  });
  const labels = objects.flatMap((all) => all.map(({ label }) => label));
  const bytes = gzip(
    safetensors({
      images: u8([SCENES, 3, SCENE, SCENE], pixels),
      boxes: f32(
        [labels.length, 4],
        objects.flatMap((all) => all.flatMap(({ x, y }) => [x, y, x + QUARTER, y + QUARTER])),
      ),
      object_image: i32(objects.flatMap((all, image) => all.map(() => image))),
      object_label: i32(labels),
      'label.classify': i32(labels),
    }),
  );
  return { name: 'pack.bin', bytes };
}

export const packEntry = ({ name, bytes }: NamedBytes) => ({
  file: name,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  source: 'made up',
});

/** A pipeline that finds coloured quarters and classifies them: the manifest, and the files that it names. */
export function quarters(
  format: 'detr' | 'yolov8',
  classifiers: readonly (keyof typeof CLASSIFIERS)[],
): NamedBytes[] {
  const detectors = (['float32', 'float16'] as const).map((type) => ({
    name: `${format}-${type}.onnx`,
    bytes: quarterDetector(format, type),
  }));
  const pack = scenes();
  const models = classifiers.map(classifierFile);
  const manifest = {
    schema: MANIFEST,
    name: `quarters-${format}`,
    title: 'Coloured quarters',
    stages: [
      {
        name: 'detect',
        task: 'object-detection',
        input: { channels: 3, height: SCENE, width: SCENE },
        output: { format, threshold: 0.5 },
        classes: COLOURS,
        variants: detectors.map((file) => ownVariant(file.name.replace('.onnx', ''), file)),
      },
      {
        name: 'classify',
        task: 'image-classification',
        input: PATCHES,
        classes: COLOURS,
        variants: models.map((file, i) => ownVariant(classifiers[i]!, file)),
      },
    ],
    pack: packEntry(pack),
  };
  const json = { name: 'manifest.json', bytes: new TextEncoder().encode(JSON.stringify(manifest)) };
  return [json, ...detectors, ...models, pack];
}
