import { expect, test } from 'vitest';
import type { Item } from '../../models/items/item-batch.ts';
import { ItemFormatError } from '../../models/items/item-format.ts';
import { OutputShapeError } from '../../models/tasks/one-run.ts';
import { Scratch, timesOf } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import {
  float16Of,
  numbersOf,
  type Session,
  type Tensor,
  type TensorType,
} from '../../models/tasks/tensor.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { classify, colour, detect, language, spam } from './stages.ts';

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

test('a model that looks at the middle of a picture gets its pixels alone', async () => {
  const shape = { channels: 1, height: 4, width: 4 };
  const stage = {
    ...classify,
    input: { ...classify.input, height: 2, width: 2, crop: 0.5 },
    pictures: shape,
  };
  const { session, fed } = fakeSession(new Float32Array(3), [1, 3], 'uint8');
  await runOn(stage, [Uint8Array.from({ length: 16 }, (_, i) => i)], session);
  expect(Array.from(fed[0]!.data, Number)).toEqual([5, 6, 9, 10]);
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

test('a label is refused where several classes have its name', () => {
  const cranes: typeof classify = { ...classify, classes: ['crane', 'b', 'crane'] };
  expect(taskOf(cranes).readLabel(cranes, 'b', null)).toBe(1);
  expect(() => taskOf(cranes).readLabel(cranes, 'crane', null)).toThrow(
    /stage "classify" has several classes "crane"; its classes are crane, b, crane/,
  );
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
