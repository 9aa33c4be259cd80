import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf, type Item, itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import { blankItem, fits, type ItemFormat, ItemFormatError, sizeOf } from '../../models/items/item-format.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { detectionsOf } from '../../models/tasks/object-detection/centre-map.ts';
import { OutputShapeError } from '../../models/tasks/one-run.ts';
import { Scratch, timesOf } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import {
  float16Of,
  numbersOf,
  type Session,
  type Tensor,
  type TensorType,
} from '../../models/tasks/tensor.ts';
import { MANIFEST, MANIFEST_1, type ManifestStage } from '../../solver/documents/manifest.ts';
import { fashion, fixture } from './fashion.ts';
import { runModel } from './run-model.ts';
import { classify, colour, detect, language, pipelineOf, spam } from './stages.ts';

/** A map [4, 4, 4] that detects nothing, but for the given cells. */
function centreMap(cells: { row: number; column: number; logit: number; size: number }[]) {
  const data = new Float32Array(64).fill(-9, 0, 16);
  for (const { row, column, logit, size } of cells)
    [logit, 0.5, 0.25, size].forEach((value, c) => {
      data[c * 16 + row * 4 + column] = value;
    });
  return data;
}

const decodeOne = (cells: Parameters<typeof centreMap>[0]) =>
  detectionsOf(centreMap(cells), detect.input, { ...detect.output, format: 'centre-map' });

test("det8 finds the boxes that Python's decoding finds", async () => {
  const { pack, stages, readModels } = await fashion();
  const expected = (await fixture<{ det8: number[][][] }>('detections.json')).det8;
  const items = batchOf(itemsOf(pack.items, expected.length));
  const results = await runModel(await readModels(stages[0]!.variant('det8')), stages[0]!, items);
  results.forEach((result, i) => {
    const { detections } = result as StageResult & { detections: Record<string, number>[] };
    const found = detections.map((d) => [d.x0, d.y0, d.x1, d.y1, d.score]);
    expect(found.length).toBe(expected[i]!.length);
    found.flat().forEach((value, k) => {
      expect(value).toBeCloseTo(expected[i]!.flat()[k]!, 3);
    });
  });
});
test('a box is centred on its cell plus offset, in pixels', () => {
  const [box] = decodeOne([{ row: 2, column: 1, logit: 0.1, size: 1 }]);
  expect(box).toMatchObject({ x0: 1, y0: 4, x1: 11, y1: 14 });
  expect(box!.score).toBeCloseTo(1 / (1 + Math.exp(-0.1)), 6);
});

test('a cell at or under the threshold is no detection', () => {
  expect(decodeOne([{ row: 2, column: 1, logit: 0, size: 1 }])).toEqual([]);
});

test('of neighbouring cells only the highest is a detection', () => {
  const found = decodeOne([
    { row: 1, column: 1, logit: 1, size: 1 },
    { row: 2, column: 2, logit: 2, size: 1 },
  ]);
  expect(found.map(({ x0 }) => x0)).toEqual([5]);
});

test('a plateau is one detection', () => {
  const plateau = [0, 1, 2, 3].map((column) => ({ row: 0, column, logit: 3, size: 1 }));
  expect(decodeOne(plateau)).toHaveLength(1);
});

test('boxes are at least 8 pixels and at most twice the image', () => {
  const found = decodeOne([
    { row: 0, column: 0, logit: 1, size: 0.1 },
    { row: 3, column: 3, logit: 1, size: 1e9 },
  ]);
  expect(found.map(({ x0, x1 }) => x1 - x0)).toEqual([8, 32]);
});

test('a cell with a size that is no number is no detection', () => {
  expect(decodeOne([{ row: 0, column: 0, logit: 1, size: Number.NaN }])).toEqual([]);
});

/** A session that gives one output whatever it is fed, and keeps what it was fed. */
function fakeSession(data: Float32Array | Uint16Array, dims: number[], taken: TensorType = 'float32') {
  const type = data instanceof Float32Array ? 'float32' : 'float16';
  const fed: Tensor[] = [];
  const session: Session = {
    inputs: [{ name: 'in', type: taken, dims: [null] }],
    outputs: [{ name: 'out', type: 'float32', dims: [null] }],
    async run(feeds) {
      fed.push({ ...feeds.in!, data: (feeds.in as Tensor).data.slice() } as Tensor);
      return { outputs: { out: { type, data, dims } as Tensor }, ms: 1 };
    },
  };
  return { session, fed };
}

const runOn = (stage: ManifestStage, items: Item[], session: Session) =>
  taskOf(stage).programs[0]!.run(stage, items, { model: session }, new Scratch());

const childrenOf = (stage: ManifestStage, item: Item, result: object, next: ManifestStage) =>
  taskOf(stage).children(stage, item, { task: stage.task, ...result }, taskOf(next).itemFormat(next));

test('each detection gives the next stage one crop, in order', () => {
  const pixels = Uint8Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 10 : 200));
  const detections = [
    { x0: 8, y0: 0, x1: 16, y1: 8, score: 1 },
    { x0: 0, y0: 4, x1: 8, y1: 12, score: 1 },
  ];
  expect(childrenOf(detect, pixels, { detections }, classify)).toEqual([
    new Uint8Array(16).fill(200),
    new Uint8Array(16).fill(10),
  ]);
});

test('a scene without detections gives the next stage nothing', () => {
  expect(childrenOf(detect, new Uint8Array(256), { detections: [] }, classify)).toEqual([]);
});

test('a classified image goes on at the size of the next stage', () => {
  const children = childrenOf(classify, new Uint8Array(16).fill(9), { label: 0, score: 1 }, colour);
  expect(children).toEqual([new Uint8Array(4).fill(9)]);
});

test('a text goes on only where its class is one that is passed on', () => {
  const text = new TextEncoder().encode('hello');
  expect(childrenOf(language, text, { label: 0, score: 1 }, spam)).toEqual([text]);
  expect(childrenOf(language, text, { label: 1, score: 1 }, spam)).toEqual([]);
});

test('the label is the largest logit, its score the softmax', async () => {
  const { session } = fakeSession(Float32Array.of(0, 2, 1, 3, 0, 0), [2, 3]);
  const items = [new Uint8Array(16), new Uint8Array(16)];
  const { results } = await runOn(classify, items, session);
  const sum = Math.exp(0) + Math.exp(2) + Math.exp(1);
  expect(results[0]).toMatchObject({ label: 1, score: expect.closeTo(Math.exp(2) / sum, 9) });
  expect(results[1]).toMatchObject({ label: 0 });
});

test('pixels are scaled, and normalised by channel', async () => {
  const stage = {
    ...classify,
    input: { channels: 3, height: 1, width: 1, mean: [0, 0.5, 1], std: [1, 0.5, 2], layout: 'nchw' },
  };
  const { session, fed } = fakeSession(new Float32Array(6), [2, 3]);
  await runOn(stage, [Uint8Array.of(255, 255, 255), Uint8Array.of(0, 0, 0)], session);
  expect(fed[0]).toMatchObject({ type: 'float32', dims: [2, 3, 1, 1] });
  expect([...(fed[0]!.data as Float32Array)]).toEqual([1, 1, 0, 0, -1, -0.5]);
});

test('a model with the channels last gets them last', async () => {
  const stage = {
    ...classify,
    input: { channels: 3, height: 1, width: 2, mean: [0], std: [1], layout: 'nhwc' },
  };
  const { session, fed } = fakeSession(new Float32Array(3), [1, 3]);
  await runOn(stage, [Uint8Array.of(255, 0, 0, 255, 0, 0)], session);
  expect(fed[0]).toMatchObject({ dims: [1, 1, 2, 3] });
  expect([...(fed[0]!.data as Float32Array)]).toEqual([1, 0, 0, 0, 1, 0]);
});

test.each([
  ['uint8', [0, 51, 255]],
  ['float16', [...float16Of([-0.5, -0.3, 0.5])]],
] as const)('a model that takes %s gets it, uint8 without normalisation', async (type, values) => {
  const stage = { ...classify, input: { ...classify.input, height: 1, width: 3, mean: [0.5] } };
  const { session, fed } = fakeSession(new Float32Array(3), [1, 3], type);
  await runOn(stage, [Uint8Array.of(0, 51, 255)], session);
  expect(fed[0]!.type).toBe(type);
  expect(Array.from(fed[0]!.data, Number)).toEqual(values);
});

test.each([
  ['float16', float16Of([0, 2, 1]), [1, 3]],
  ['of further dimensions of 1', Float32Array.of(0, 2, 1), [1, 3, 1, 1]],
] as const)('an output that is %s is read', async (_, data, dims) => {
  const { session } = fakeSession(data, [...dims]);
  const { results } = await runOn(classify, [new Uint8Array(16)], session);
  const sum = Math.exp(0) + Math.exp(2) + Math.exp(1);
  expect(results).toMatchObject([{ label: 1, score: expect.closeTo(Math.exp(2) / sum, 9) }]);
});

test('where a model gives probabilities, the score is the largest of them', async () => {
  const { session } = fakeSession(Float32Array.of(0.25, 0.5, 0.25), [1, 3]);
  const sure: typeof classify = { ...classify, scores: 'probabilities' };
  const { results } = await runOn(sure, [new Uint8Array(16)], session);
  expect(results).toMatchObject([{ label: 1, score: 0.5 }]);
});

test('texts are fed as their first bytes, filled up with zeros', async () => {
  const { session, fed } = fakeSession(new Float32Array(6), [2, 3], 'int64');
  const items = ['éa', 'longer than eight bytes'].map((text) => new TextEncoder().encode(text));
  await runOn(language, items, session);
  expect(fed[0]).toMatchObject({ type: 'int64', dims: [2, 8] });
  expect(Array.from(numbersOf(fed[0]!))).toEqual([0xc3, 0xa9, 97, 0, 0, 0, 0, 0, ...items[1]!.slice(0, 8)]);
});

test('an output of another shape is refused with both shapes', async () => {
  const { session } = fakeSession(new Float32Array(4), [1, 4]);
  await expect(runOn(classify, [new Uint8Array(16)], session)).rejects.toThrow(OutputShapeError);
  await expect(runOn(classify, [new Uint8Array(16)], session)).rejects.toThrow(/\[1, 3\].*\[1, 4\]/);
  await expect(runOn(detect, [new Uint8Array(256)], session)).rejects.toThrow(OutputShapeError);
});

test('items of another size are refused', async () => {
  const { session } = fakeSession(new Float32Array(3), [1, 3]);
  await expect(runOn(classify, [new Uint8Array(15)], session)).rejects.toThrow(ItemFormatError);
});

test('the times of a loop of session runs are summed up by name', () => {
  const runs = ['encoder', 'decoder-first', 'decoder', 'decoder'].map((session, i) => ({
    session,
    ms: 2 ** i,
  }));
  expect(timesOf(runs)).toEqual({
    inferenceMs: 15,
    steps: 3,
    runsMs: { encoder: 1, 'decoder-first': 2, decoder: 12 },
  });
});

const anyItems = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 6 });

test('items of a batch come apart again', () => {
  fc.assert(
    fc.property(anyItems, (items) => {
      const batch = batchOf(items.map((item) => new Uint8Array(item)));
      expect(itemsOf(batch).map((item) => [...item])).toEqual(items.map((item) => [...item]));
    }),
  );
});

test('items are taken in turn, from the first again after the last', () => {
  const items = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3)];
  expect(itemsOf(takeInTurn(items, 2, 3)).map(([first]) => first)).toEqual([3, 1, 2]);
});

test.each<ItemFormat>([
  { kind: 'pixels', channels: 3, height: 2, width: 5 },
  { kind: 'audio', sampleRateHz: 16_000, samplesMax: 160 },
  { kind: 'text', bytesMax: 40 },
])('a blank item is one of its format: $kind', (format) => {
  expect(fits(format, blankItem(format))).toBe(true);
  expect(fits(format, new Uint8Array(blankItem(format).length + 1))).toBe(false);
  expect(sizeOf(format, blankItem(format))).toBe({ pixels: 10, audio: 0.01, text: 40 }[format.kind]);
});

test('float16 is read as the numbers that its bits stand for', () => {
  const data = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00);
  expect(Array.from(numbersOf({ type: 'float16', data, dims: [5] }))).toEqual([
    1,
    -2,
    2 ** -24,
    Infinity,
    NaN,
  ]);
});

const manifest = (schema: string, stages: unknown[]) => ({
  schema,
  name: 'small',
  title: 'Small',
  stages,
  pack: { file: 'pack.bin', sha256: '1'.repeat(64), source: 'made up' },
});

test('a manifest of version 1 is read as one of version 2', () => {
  const { sessions, ...variant } = detect.variants[0]!;
  const { dtype: _, ...model } = sessions.model!;
  const before = manifest(MANIFEST_1, [{ ...detect, variants: [{ ...variant, ...model }] }]);
  expect(parseManifest(before, 'old')).toEqual(parseManifest(manifest(MANIFEST, [detect]), 'new'));
});

test.each<[string, unknown[], RegExp]>([
  [
    'a detector after another stage',
    [classify, detect],
    /stages\[1\]\.task: expected object-detection in the first/,
  ],
  [
    'a stage of another kind of item',
    [classify, language],
    /stages\[1\]\.task: expected a task that takes pixels/,
  ],
  [
    'a class to pass on that is none',
    [{ ...language, passOn: ['ita'] }, spam],
    /passOn\[0\]: expected one of the classes/,
  ],
  [
    'a session that the task has no use for',
    [
      {
        ...spam,
        variants: [{ ...detect.variants[0], sessions: { encoder: detect.variants[0]!.sessions.model } }],
      },
    ],
    /sessions: expected the sessions model/,
  ],
])('a manifest with %s is refused', (_what, stages, problem) => {
  const plain = JSON.parse(JSON.stringify(manifest(MANIFEST, stages)));
  expect(() => parseManifest(plain, 'made up')).toThrow(problem);
});

test('a manifest says what the mix of its pack stands for, in 400 letters at most', () => {
  const withMix = (mix: string) => {
    const whole = manifest(MANIFEST, [detect]);
    return parseManifest({ ...whole, pack: { ...whole.pack, mix } }, 'new');
  };
  expect(withMix('calls of a help desk').pack!.mix).toBe('calls of a help desk');
  expect(() => withMix('x'.repeat(401))).toThrow(/pack\.mix/);
});

test('a pipeline knows the stage after each stage', () => {
  const { first, stages } = pipelineOf(detect, classify, colour);
  expect(first.next).toBe(stages[1]);
  expect(stages[2]!.next).toBeNull();
});
