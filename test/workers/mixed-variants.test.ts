import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadedManifest, withFiles } from '../../models/manifests/load.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { MANIFEST } from '../../solver/documents/manifest.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { compiledEnvironment } from '../compiled.ts';
import { f32, gzip, i32, safetensors, u8 } from '../models/safetensors.ts';
import { brightestChannel, quarterDetector } from '../onnx.ts';

/** Detectors of three families and sizes in one stage, then classifiers of two sizes and element types in another. */

const SIDE = 16;
const IMAGES = 12;
/** The order of the models' channels, and that of the detecting stage. */
const CHANNELS = ['red', 'green', 'blue'];
const CLASSES = ['blue', 'red', 'green'];

/** A picture with one coloured quarter in each half. */
const channelsOf = (image: number): readonly [number, number] => [image % 3, (image + 1) % 3];
const quartersOf = (image: number) => [image % 2, 2 + (image % 2)] as const;
const placeOf = (quarter: number) => ({ x: (quarter % 2) * 8, y: Math.floor(quarter / 2) * 8 });

const pixelsOf = (image: number): number[] => {
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
const objects = images.flatMap((image) =>
  quartersOf(image).map((quarter, half) => ({
    image,
    ...placeOf(quarter),
    name: CHANNELS[channelsOf(image)[half]!]!,
  })),
);

const files = new Map<string, Uint8Array<ArrayBuffer>>([
  [
    'pack.bin',
    gzip(
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
    ),
  ],
]);

function variant(name: string, bytes: Uint8Array<ArrayBuffer>, own: object = {}) {
  files.set(`${name}.onnx`, bytes);
  const model = { file: `${name}.onnx`, sha256: '0'.repeat(64), sizeBytes: bytes.length, dtype: 'fp32' };
  return { name, sessions: { model }, accuracy: null, accuracySource: 'made up', ...own };
}

const square = (side: number) => ({ channels: 3, height: side, width: side });
const classifier = (type: 'float32' | 'uint8', side: number) =>
  brightestChannel({ type, dims: ['batch', 3, side, side] }, 1, { type: 'float32', dims: ['batch', 3] });

const manifest = {
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
  pack: { file: 'pack.bin', sha256: '0'.repeat(64), source: 'made up' },
};

let folder: string;
let models: LoadedManifest;
let measured: IdentifiedProfile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipa-edge-mixed-'));
  models = withFiles(parseManifest(manifest, 'the test'), async (file) => files.get(file)!);
  const store = await openFileStore(folder);
  const settings = { backends: ['cpu'], threads: [1], batches: [1, 4], budgetS: 2, seed: 3 } as const;
  measured = await measureProfile({ models, environment: compiledEnvironment(), store, settings });
  store.close();
});
afterAll(() => rm(folder, { recursive: true }));

test('every variant is measured, and right on the same pictures, boxes and classes', () => {
  const { cells, stages, endToEnd } = measured.profile;
  expect(cells.map(({ state }) => state)).toEqual(Array(10).fill('measured'));
  expect(stages.flatMap(({ variants }) => variants.map(({ accuracy }) => accuracy.measured?.value))).toEqual(
    Array(5).fill(1),
  );
  expect(endToEnd.map(({ value }) => value)).toEqual(Array(6).fill(1));
});

test.each(['detr', 'yolo', 'rt-detr'])('a plan with %s runs and answers right', async (name) => {
  const [detect, classify] = measured.profile.stages as [
    ...[IdentifiedProfile['profile']['stages'][number], IdentifiedProfile['profile']['stages'][number]],
  ];
  const alone = {
    ...measured.profile,
    stages: [{ ...detect, variants: detect.variants.filter((one) => one.name === name) }, classify],
    cells: measured.profile.cells.filter(({ stage, variant: own }) => stage !== 'detect' || own === name),
    endToEnd: [],
  };
  const planner = openPlanner();
  const identified = await parseIdentified(alone, 'one detector alone');
  const plan = await planner.plan(identified, planRequest(alone, { slaMs: 5000, ratePerS: 2 }));
  planner.close();
  const report = await run({
    ...{ name: 'plan', plan, backends: ['cpu'], models, environment: compiledEnvironment(), seed: 1 },
    load: constantLoad(5, 2, 1),
  });
  expect(report.result).toMatchObject({ completed: 10, shed: 0, failed: 0, accuracy: { endToEnd: 1 } });
});
