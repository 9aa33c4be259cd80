import { createHash } from 'node:crypto';
import { MANIFEST } from '../solver/documents/manifest.ts';
import { f32, gzip, i32, safetensors, u8 } from './models/safetensors.ts';
import { brightestChannel, externalClassifier, quarterDetector } from './onnx.ts';

/** Pipelines as users bring them: the formats of their models differ from those of the shipped models. */

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const COLOURS = ['red', 'green', 'blue'];
/** The sides in pixels of a scene, and of an image that the classifiers take. */
export const [SCENE, PATCH] = [16, 4];
const QUARTER = SCENE / 2;
const SCENES = 12;

const classifier = (
  type: 'float32' | 'float16' | 'uint8',
  batch: number | 'batch',
  { channelAxis = 1, trailing = [] }: { channelAxis?: 1 | 3; trailing?: number[] } = {},
) =>
  brightestChannel(
    { type, dims: channelAxis === 1 ? [batch, 3, PATCH, PATCH] : [batch, PATCH, PATCH, 3] },
    channelAxis,
    { type: type === 'float16' ? 'float16' : 'float32', dims: [batch, COLOURS.length, ...trailing] },
  );

/** Returns the classifier of colours and the separate file with its weights. @param name of the model's file */
export const externalFiles = (name: string): [NamedBytes, NamedBytes] => {
  const values = 3 * PATCH ** 2;
  const weights = Float32Array.from({ length: values * COLOURS.length }, (_, i) =>
    Math.floor(i / COLOURS.length / PATCH ** 2) === i % COLOURS.length ? 1 / PATCH ** 2 : 0,
  );
  return [
    { name, bytes: externalClassifier([3, PATCH, PATCH], COLOURS.length, `${name}_data`) },
    { name: `${name}_data`, bytes: new Uint8Array(weights.buffer) },
  ];
};

/** Classifiers of colours, which answer alike, in different formats: the model, and its file of weights if it has one. */
export const CLASSIFIERS: readonly (readonly [NamedBytes, NamedBytes?])[] = [
  [{ name: 'usual.onnx', bytes: classifier('float32', 'batch') }],
  [{ name: 'nhwc.onnx', bytes: classifier('float32', 'batch', { channelAxis: 3 }) }],
  [{ name: 'bytes.onnx', bytes: classifier('uint8', 'batch') }],
  [{ name: 'pairs.onnx', bytes: classifier('float32', 2) }],
  [{ name: 'trailing.onnx', bytes: classifier('float32', 'batch', { trailing: [1, 1] }) }],
  [{ name: 'half_fp16.onnx', bytes: classifier('float16', 'batch') }],
  externalFiles('external.onnx'),
];

/** Returns a file's entry in a manifest. */
const entryOf = ({ name, bytes }: NamedBytes) => ({
  file: name,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

const ownVariant = ([model, weights]: readonly [NamedBytes, NamedBytes?]) => ({
  name: model.name.replace('.onnx', ''),
  sessions: {
    model: {
      ...entryOf(model),
      sizeBytes: model.bytes.length,
      dtype: 'fp32',
      ...(weights && {
        data: [{ name: weights.name, ...entryOf(weights), sizeBytes: weights.bytes.length }],
      }),
    },
  },
  accuracy: null,
  accuracySource: 'made up',
});

/** Makes a pack of scenes with one or two coloured quarters on black, labelled with boxes and, for both stages, colours. */
function scenes(): NamedBytes {
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

/** Returns a pipeline that finds coloured quarters and classifies them: the manifest, and the files that it names. */
export function quarters(format: 'detr' | 'yolov8', classifiers: typeof CLASSIFIERS): NamedBytes[] {
  const detectors = (['float32', 'float16'] as const).map((type): [NamedBytes] => [
    { name: `${format}-${type}.onnx`, bytes: quarterDetector(format, type) },
  ]);
  const pack = scenes();
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
        variants: detectors.map(ownVariant),
      },
      {
        name: 'classify',
        task: 'image-classification',
        input: { channels: 3, height: PATCH, width: PATCH, mean: [0.5], std: [0.25] },
        classes: COLOURS,
        variants: classifiers.map(ownVariant),
      },
    ],
    pack: { ...entryOf(pack), source: 'made up' },
  };
  const json = { name: 'manifest.json', bytes: new TextEncoder().encode(JSON.stringify(manifest)) };
  return [
    json,
    ...detectors.flat(),
    ...classifiers.flatMap((files) => files.filter((file) => file !== undefined)),
    pack,
  ];
}
