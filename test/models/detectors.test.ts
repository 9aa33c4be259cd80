import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { parsePack } from '../../models/packs/pack.ts';
import { overlap, suppressed } from '../../models/tasks/object-detection/boxes.ts';
import type { Detection } from '../../models/tasks/object-detection/detection.ts';
import { OutputShapeError } from '../../models/tasks/one-run.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Session, Tensor, Tensors } from '../../models/tasks/tensor.ts';
import { MANIFEST, type ManifestStage } from '../../solver/documents/manifest.ts';
import { f32, gzip, i32, safetensors, u8 } from './safetensors.ts';
import { detect, pipelineOf } from './stages.ts';

/** Output formats of real detectors, as their authors' code reads them. The image is 100 wide and 50 high. */

const [HEIGHT, WIDTH] = [50, 100];
const CLASSES = ['person', 'car'];
const stageOf = (format: string, more: object = {}, fields: object = {}) =>
  ({
    ...detect,
    input: { ...detect.input, height: HEIGHT, width: WIDTH },
    output: { format, threshold: 0.5, ...more },
    classes: CLASSES,
    ...fields,
  }) as unknown as ManifestStage;

interface Output {
  readonly values: readonly number[];
  readonly dims: readonly number[];
}

/** Runs a stage on one image, with a session that gives these outputs. @returns what it detects, and what the session was fed */
async function detectionsOf(
  stage: ManifestStage,
  outputs: Readonly<Record<string, Output>>,
  inputs: Session['inputs'] = [],
  image = new Uint8Array(HEIGHT * WIDTH),
): Promise<{ detections: Detection[]; fed: Readonly<Record<string, Tensor>> }> {
  let fed: Readonly<Record<string, Tensor>> = {};
  const session: Session = {
    inputs: [{ name: 'pixel_values', type: 'float32', dims: [null, 1, HEIGHT, WIDTH] }, ...inputs],
    outputs: Object.entries(outputs).map(([name, { dims }]) => ({ name, type: 'float32', dims })),
    async run(feeds) {
      fed = feeds as Tensors;
      const tensors = Object.entries(outputs).map(([name, { values, dims }]) => [
        name,
        { type: 'float32', data: Float32Array.from(values), dims },
      ]);
      return { outputs: Object.fromEntries(tensors), ms: 1 };
    },
  };
  const { results } = await taskOf(stage).programs[0]!.run(stage, [image], { model: session }, new Scratch());
  return { detections: (results[0] as StageResult & { detections: Detection[] }).detections, fed };
}

test('detr: softmax over the classes and "no object", boxes from shares of the image', async () => {
  const { detections } = await detectionsOf(stageOf('detr'), {
    // The outputs come in another order than the task's, and the task has no use for one of them.
    pred_boxes: { values: [0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1, 0.9, 0.5, 0.4, 0.2], dims: [1, 3, 4] },
    last_hidden_state: { values: [0], dims: [1, 1, 1] },
    logits: { values: [0, 2, 0, 0, 0, 5, 3, 0, 0], dims: [1, 3, 3] },
  });
  const softmax = (logit: number) => Math.exp(logit) / (Math.exp(logit) + 2);
  expect(detections).toEqual([
    {
      x0: expect.closeTo(40, 4),
      y0: expect.closeTo(15, 4),
      x1: expect.closeTo(60, 4),
      y1: expect.closeTo(35, 4),
      label: 1,
      score: expect.closeTo(softmax(2), 6),
    },
    // This box is clipped at the right border.
    {
      x0: expect.closeTo(70, 4),
      y0: expect.closeTo(20, 4),
      x1: 100,
      y1: expect.closeTo(30, 4),
      label: 0,
      score: expect.closeTo(softmax(3), 6),
    },
  ]);
});

test('rt-detr: a sigmoid of each class, no class for "no object"', async () => {
  const { detections } = await detectionsOf(stageOf('rt-detr'), {
    logits: { values: [-3, 1, -3, -2], dims: [1, 2, 2] },
    pred_boxes: { values: [0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1], dims: [1, 2, 4] },
  });
  expect(detections).toMatchObject([{ label: 1, score: expect.closeTo(1 / (1 + Math.exp(-1)), 6) }]);
});

test('rt-detr: a query may have several classes, and of all at most as many as there are queries are kept', async () => {
  const find = async (...logits: number[]) => {
    const boxes = { values: [0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1], dims: [1, 2, 4] };
    const outputs = { logits: { values: logits, dims: [1, 2, 2] }, pred_boxes: boxes };
    const { detections } = await detectionsOf(stageOf('rt-detr'), outputs);
    return detections.map(({ x0, label }) => [Math.round(x0), label]);
  };
  expect(await find(1, 2, -3, -2)).toEqual([
    [40, 0],
    [40, 1],
  ]);
  expect(await find(1, 3, 2, -2)).toEqual([
    [40, 1],
    [5, 0],
  ]);
});

test('a detector that takes a mask of real pixels gets one without padding', async () => {
  const outputs = {
    logits: { values: [0, 0, 0], dims: [1, 1, 3] },
    pred_boxes: { values: [0, 0, 0, 0], dims: [1, 1, 4] },
  };
  const mask = { name: 'pixel_mask', type: 'int64', dims: [null, 4, 4] };
  const { fed } = await detectionsOf(stageOf('detr'), outputs, [mask]);
  expect(fed.pixel_mask).toEqual({ type: 'int64', dims: [1, 4, 4], data: new BigInt64Array(16).fill(1n) });
});

/** Two boxes of a car that overlap by 0.8, a person at the same place, and a car elsewhere. */
const CANDIDATES = [
  { box: [50, 20, 20, 10], probabilities: [0.1, 0.9] },
  { box: [50, 20, 20, 8], probabilities: [0.1, 0.8] },
  { box: [50, 20, 20, 10], probabilities: [0.7, 0.1] },
  { box: [20, 30, 10, 10], probabilities: [0, 0.6] },
  { box: [20, 30, 10, 10], probabilities: [0.4, 0.4] },
];
const FOUND = [
  { x0: 40, y0: 15, x1: 60, y1: 25, label: 1 },
  { x0: 40, y0: 15, x1: 60, y1: 25, label: 0 },
  { x0: 15, y0: 25, x1: 25, y1: 35, label: 1 },
];

const COLUMNS = CANDIDATES.map(({ box, probabilities }) => [...box, ...probabilities]);
/** The candidates as the output of a model in the format yolov8. */
const YOLOV8 = {
  output0: {
    values: Array.from({ length: 6 }, (_, i) => COLUMNS.map((column) => column[i]!)).flat(),
    dims: [1, 6, CANDIDATES.length],
  },
};

test('yolov8: boxes and classes are rows, and overlapping boxes of a class are suppressed', async () => {
  const { detections } = await detectionsOf(stageOf('yolov8', { overlapMax: 0.7 }), YOLOV8);
  expect(detections).toMatchObject(FOUND);
  const all = await detectionsOf(stageOf('yolov8', { overlapMax: 0.9 }), YOLOV8);
  expect(all.detections).toHaveLength(4);
});

test('yolov5: boxes are rows, and the probability of an object counts for each class', async () => {
  const sure = CANDIDATES.flatMap(({ box, probabilities }) => [...box, 1, ...probabilities]);
  const dims = [1, CANDIDATES.length, 7];
  const stage = stageOf('yolov5', { overlapMax: 0.7 });
  expect((await detectionsOf(stage, { output: { values: sure, dims } })).detections).toMatchObject(FOUND);
  const unsure = CANDIDATES.flatMap(({ box, probabilities }) => [...box, 0.6, ...probabilities]);
  const { detections } = await detectionsOf(stage, { output: { values: unsure, dims } });
  expect(detections).toMatchObject([{ label: 1, score: expect.closeTo(0.54, 6) }]);
});

test('an output of another number of classes is refused with both shapes', async () => {
  const outputs = { output0: { values: Array(10).fill(0), dims: [1, 5, 2] } };
  await expect(detectionsOf(stageOf('yolov8', { overlapMax: 0.7 }), outputs)).rejects.toThrow(
    OutputShapeError,
  );
  await expect(detectionsOf(stageOf('yolov8', { overlapMax: 0.7 }), outputs)).rejects.toThrow(
    '[1, 6, any], but gave [1, 5, 2]',
  );
});

test('whatever a detector gives, its boxes are inside the image', async () => {
  const number = fc.oneof(fc.float(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e30));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('detr', 'rt-detr', 'yolov5', 'yolov8'),
      fc.array(number, { minLength: 42, maxLength: 42 }),
      async (format, values) => {
        const boxes = { values: values.slice(0, 12), dims: [1, 3, 4] };
        const outputs: Record<string, Output> = {
          detr: { logits: { values: values.slice(12, 21), dims: [1, 3, 3] }, pred_boxes: boxes },
          'rt-detr': { logits: { values: values.slice(12, 18), dims: [1, 3, 2] }, pred_boxes: boxes },
          yolov5: { output: { values, dims: [1, 6, 7] } },
          yolov8: { output: { values, dims: [1, 6, 7] } },
        }[format]!;
        const { detections } = await detectionsOf(stageOf(format, { overlapMax: 0.7 }), outputs);
        for (const { x0, y0, x1, y1, score } of detections)
          expect(0 <= x0 && x0 < x1 && x1 <= WIDTH && 0 <= y0 && y0 < y1 && y1 <= HEIGHT && score > 0.5).toBe(
            true,
          );
      },
    ),
  );
});

test('of suppressed boxes each overlaps a more probable one of its class that is kept; kept ones do not overlap', () => {
  const side = fc.integer({ min: 1, max: 10 });
  const place = fc.integer({ min: 0, max: 20 });
  const anyDetection = fc.record({
    x: place,
    y: place,
    w: side,
    h: side,
    label: fc.nat(1),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(anyDetection, { maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (made, most) => {
        const all = made
          .map(
            ({ x, y, w, h, label, score }): Detection => ({
              x0: x,
              y0: y,
              x1: x + w,
              y1: y + h,
              label,
              score,
            }),
          )
          .sort((a, b) => b.score - a.score);
        const kept = suppressed(all, most);
        all.forEach((one, i) => {
          const reason = kept.some(
            (other) => all.indexOf(other) < i && other.label === one.label && overlap(other, one) > most,
          );
          expect(kept.includes(one)).toBe(!reason);
        });
      },
    ),
  );
});

test('only objects of the classes to keep count, in results and in labels', async () => {
  const stage = stageOf('yolov8', { overlapMax: 0.7 }, { keep: ['car'] });
  const { detections } = await detectionsOf(stage, YOLOV8);
  expect(detections.map(({ label }) => label)).toEqual([1, 1]);
  const pack = await parsePack(
    gzip(
      safetensors({
        images: u8([1, 1, HEIGHT, WIDTH], new Uint8Array(HEIGHT * WIDTH)),
        boxes: f32([2, 4], [0, 0, 9, 9, 10, 10, 20, 20]),
        object_image: i32([0, 0]),
        object_label: i32([0, 1]),
      }),
    ),
    pipelineOf(stage),
  );
  expect(pack.truths).toMatchObject([{ truth: [{ x0: 10, label: 1 }] }]);
});

test("boxes are in pixels of the stage's pictures, whatever the model's own are, with the stage's classes", async () => {
  const stage = stageOf(
    'yolov8',
    { overlapMax: 0.5, classes: ['cat', 'car', 'person'] },
    { pictures: { channels: 3, height: 2 * HEIGHT, width: WIDTH / 2 } },
  );
  const output = { values: [50, 20, 25, 25, 20, 10, 10, 10, 0.9, 0, 0, 0, 0, 0.8], dims: [1, 7, 2] };
  const picture = new Uint8Array(3 * 2 * HEIGHT * (WIDTH / 2)).fill(255);
  const { detections, fed } = await detectionsOf(stage, { out: output }, [], picture);
  // Where the model finds a cat, which the stage does not name, nothing is reported.
  expect(detections).toEqual([
    { x0: 7.5, y0: 40, x1: 12.5, y1: 60, label: 0, score: expect.closeTo(0.8, 6) },
  ]);
  expect(fed.pixel_values).toMatchObject({ dims: [1, 1, HEIGHT, WIDTH] });
  expect(new Set(fed.pixel_values!.data as Float32Array)).toEqual(new Set([1]));
});

test('a detection of another class than the object there is wrong', () => {
  const { match } = taskOf(detect);
  const box = { x0: 0, y0: 0, x1: 9, y1: 9 };
  const result = { task: 'object-detection', detections: [{ ...box, label: 1, score: 1 }] } as StageResult;
  expect(match(result, [{ ...box, label: 0 }])).toEqual([
    { predicted: null, truth: 0, score: { earned: 0, possible: 1 } },
    { predicted: 0, truth: null, score: { earned: 0, possible: 1 } },
  ]);
});

test.each<[string, object, RegExp]>([
  ['a class to keep that is none', { keep: ['dog'] }, /keep\[0\]: expected one of the classes/],
  [
    'several classes of a centre map',
    { output: detect.output },
    /output\.format: expected another format for several classes/,
  ],
])('a manifest with %s is refused', (_, fields, problem) => {
  const pack = { file: 'pack.bin', sha256: '1'.repeat(64), source: 'made up' };
  const manifest = {
    schema: MANIFEST,
    name: 'small',
    title: 'Small',
    stages: [stageOf('detr', {}, fields)],
    pack,
  };
  expect(() => parseManifest(JSON.parse(JSON.stringify(manifest)), 'made up')).toThrow(problem);
});
