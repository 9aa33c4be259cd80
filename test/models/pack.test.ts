import fc from 'fast-check';
import { expect, test } from 'vitest';
import { samplesOf } from '../../models/items/audio.ts';
import { splitFields } from '../../models/items/fields.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { textOf } from '../../models/items/text.ts';
import { packEntry } from '../../models/packs/entry.ts';
import { labelledItems, stageItems } from '../../models/packs/labelled-items.ts';
import { parsePack } from '../../models/packs/pack.ts';
import { InvalidPackError } from '../../models/packs/safetensors.ts';
import type { ItemTruth } from '../../models/tasks/judge.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { f32, gzip, i16, i32, type NamedTensor, safetensors, u8 } from './safetensors.ts';
import { classify, colour, detect, language, pipelineOf, spam, transcribe } from './stages.ts';
import { three, twoScenes } from './two-scenes.ts';

type Tensors = ReturnType<typeof twoScenes>;

const parse = (change: Partial<Record<keyof Tensors, Tensors[keyof Tensors]>>) =>
  parsePack(gzip(safetensors({ ...twoScenes(), ...change })), three);

/** Images of one size, and objects with an image, a box within it and a label each. */
const anyScenes = fc
  .record({
    count: fc.integer({ min: 1, max: 4 }),
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      pixels: fc.uint8Array({
        minLength: shape.count * shape.channels * shape.height * shape.width,
        maxLength: shape.count * shape.channels * shape.height * shape.width,
      }),
      objects: fc.array(
        fc.record({
          image: fc.integer({ min: 0, max: shape.count - 1 }),
          x0: fc.integer({ min: 0, max: shape.width - 1 }),
          y0: fc.integer({ min: 0, max: shape.height - 1 }),
          label: fc.integer({ min: 0, max: 9 }),
        }),
        { maxLength: 6 },
      ),
    }),
  );

const encode = ({ shape, pixels, objects }: typeof anyScenes extends fc.Arbitrary<infer T> ? T : never) =>
  gzip(
    safetensors({
      images: u8([shape.count, shape.channels, shape.height, shape.width], pixels),
      boxes: f32(
        [objects.length, 4],
        objects.flatMap(({ x0, y0 }) => [x0, y0, x0 + 1, y0 + 1]),
      ),
      object_image: i32(objects.map(({ image }) => image)),
      'label.kind': i32(objects.map(({ label }) => label)),
    }),
  );

test('what is packed is read again', async () => {
  await fc.assert(
    fc.asyncProperty(anyScenes, async (scenes) => {
      const { count, ...shape } = scenes.shape;
      const kinds = { ...classify, name: 'kind', classes: Array.from('abcdefghij') };
      const pipeline = pipelineOf(
        { ...detect, input: { ...detect.input, ...shape } } as ManifestStage,
        kinds,
      );
      const pack = await parsePack(encode(scenes), pipeline);
      expect(pack.items.lengths).toEqual(Array(count).fill(scenes.pixels.length / count));
      expect(pack.items.bytes).toEqual(scenes.pixels);
      pack.truths.forEach(({ truth, children }, i) => {
        const own = scenes.objects.filter(({ image }) => image === i);
        expect(truth).toEqual(own.map(({ x0, y0 }) => ({ x0, y0, x1: x0 + 1, y1: y0 + 1, label: 0 })));
        expect(children.map((child) => child.truth)).toEqual(own.map(({ label }) => label));
      });
    }),
  );
});

test('pictures of another order of dimensions are refused, although they have as many bytes', async () => {
  for (const shape of [
    [2, 16, 16, 1],
    [2, 1, 32, 8],
  ])
    await expect(parse({ images: u8(shape, new Uint8Array(512)) })).rejects.toThrow(
      `takes pixels [1, 16, 16], but the pack has "images" [${shape.join(', ')}]`,
    );
});

test('images without pixels are refused, however many the header states', async () => {
  await expect(parse({ images: u8([2 ** 32, 1, 0, 16], []) })).rejects.toThrow('it has no items');
});

test('a tensor of another type, or of other dimensions, is refused by name', async () => {
  await expect(parse({ object_image: f32([1], [1]) })).rejects.toThrow(/"object_image" should be I32.*F32/);
  await expect(parse({ boxes: f32([4], [2, 3, 10, 11]) })).rejects.toThrow(
    '"boxes" should be F32 with 2 dimensions, but is F32 [4]',
  );
});

test('an object of an image that is not there is refused', async () => {
  await expect(parse({ object_image: i32([2]) })).rejects.toThrow(/object 0 belongs to picture 2/);
  await expect(parse({ object_image: i32([-1]) })).rejects.toThrow(InvalidPackError);
});

test('a box outside its image, or without extent, or of no numbers is refused', async () => {
  for (const box of [
    [2, 3, 17, 11],
    [2, 3, 2, 11],
    [Number.NaN, 3, 10, 11],
  ])
    await expect(parse({ boxes: f32([1, 4], box) })).rejects.toThrow(/box of object 0/);
});

test('labels that are too many, negative or of no class are refused', async () => {
  await expect(parse({ 'label.classify': i32([1, 2]) })).rejects.toThrow(/should have 1 labels, but has 2/);
  await expect(parse({ 'label.classify': i32([-2]) })).rejects.toThrow(/class -2/);
  await expect(parse({ 'label.classify': i32([3]) })).rejects.toThrow(/class 3.*3 classes/);
});

test('an item without a label is refused where it reaches the stage', async () => {
  await expect(parse({ 'label.classify': i32([-1]) })).rejects.toThrow(
    /item 0 reaches stage "classify".*no label for the item/,
  );
});

test('a pack that lacks what a pipeline needs is refused', async () => {
  const bytes = gzip(safetensors(twoScenes()));
  const reading = (...stages: ManifestStage[]) => parsePack(bytes, pipelineOf(...stages));
  await expect(reading(detect, classify, colour)).resolves.toBeDefined();
  await expect(reading(detect, { ...classify, name: 'other' })).rejects.toThrow(/no tensor "label.other"/);
  await expect(reading(classify)).rejects.toThrow(/takes pixels \[1, 4, 4\].*"images" \[2, 1, 16, 16\]/);
  const flat = gzip(safetensors({ images: twoScenes().images, 'label.classify': i32([0, 1]) }));
  const whole = { ...classify, input: detect.input };
  await expect(parsePack(flat, pipelineOf(whole))).resolves.toBeDefined();
  await expect(parsePack(flat, pipelineOf(detect, classify))).rejects.toThrow(/no tensor "boxes"/);
});

/** Two texts, the second in another language. */
const mails = (change: Record<string, ReturnType<typeof u8> | ReturnType<typeof i32>> = {}) =>
  parsePack(
    gzip(
      safetensors({
        text: u8([9], new TextEncoder().encode('hi,çava?')),
        text_end: i32([3, 9]),
        'label.language': i32([0, 1]),
        'label.spam': i32([1, -1]),
        ...change,
      }),
    ),
    pipelineOf(language, spam),
  );

test('texts are read with where each ends, and one that is not passed on needs no further label', async () => {
  const pack = await mails();
  expect(pack.items.lengths).toEqual([3, 6]);
  expect(pack.truths).toEqual<ItemTruth[]>([
    { truth: 0, children: [{ truth: 1, children: [] }] },
    { truth: 1, children: [] },
  ]);
});

test('a field has one text for each item', async () => {
  const answer = {
    ...{ name: 'answer', task: 'question-answering', variants: spam.variants, unanswerable: false },
    input: { length: 16, stride: 4 },
  };
  const asking = (questions: string, ...ends: number[]) =>
    parsePack(
      gzip(
        safetensors({
          text: u8([4], new TextEncoder().encode('hiho')),
          text_end: i32([2, 4]),
          'field.question': u8([questions.length], new TextEncoder().encode(questions)),
          'field_end.question': i32(ends),
          'label.answer': u8([4], new TextEncoder().encode('hiho')),
          'label_end.answer': i32([2, 4]),
        }),
      ),
      pipelineOf(answer),
    );
  const { items } = await asking('?!!', 1, 3);
  const format = pipelineOf(answer).first.format;
  const questions = itemsOf(items).map((item) => textOf(splitFields(format, item).texts[0]!));
  expect(questions).toEqual(['?', '!!']);
  await expect(asking('?!!', 3)).rejects.toThrow('"field.question" has 1 texts for 2 items');
});

test('ends of texts that fall, or leave bytes over, are refused', async () => {
  await expect(mails({ text_end: i32([9, 3]) })).rejects.toThrow(
    /item 1 ends at value 3, but begins at value 9/,
  );
  await expect(mails({ text_end: i32([3, 8]) })).rejects.toThrow(/last item ends at value 8 of 9/);
});

test('each stage is given what perfect stages before it would give', async () => {
  const [scenes, crops, halves] = await labelledItems(await parse({}), three);
  expect(scenes!.truths.map(({ truth }) => truth)).toEqual([
    [],
    [{ x0: 2, y0: 3, x1: 10, y1: 11, label: 0 }],
  ]);
  expect(crops!.items).toEqual([new Uint8Array(16).fill(9)]);
  expect(crops!.truths.map(({ truth }) => truth)).toEqual([2]);
  expect(halves!.items).toEqual([new Uint8Array(4).fill(9)]);
  expect(halves!.truths.map(({ truth }) => truth)).toEqual([1]);
  const [, filtered] = await labelledItems(await mails(), pipelineOf(language, spam));
  expect(filtered!.items.map((item) => new TextDecoder().decode(item))).toEqual(['hi,']);
  expect([scenes, crops, halves, filtered].map((stage) => stage!.requests)).toEqual([[0, 1], [1], [1], [0]]);
});

test('items for timing are refused where none reaches a stage', async () => {
  const foreign = await mails({ 'label.language': i32([1, 1]), 'label.spam': i32([-1, -1]) });
  await expect(stageItems(foreign, pipelineOf(language, spam))).rejects.toThrow(
    /not valid: no item of it reaches stage "spam"/,
  );
});

const spoken = (audio: NamedTensor) =>
  parsePack(
    gzip(
      safetensors({
        audio,
        audio_end: i32([2, 5]),
        'label.transcribe': u8([6], new TextEncoder().encode('onetwo')),
        'label_end.transcribe': i32([3, 6]),
      }),
    ),
    pipelineOf(transcribe),
  );

test('recordings are kept as float samples or 16-bit PCM, and read as float samples', async () => {
  const samples = [0, 0.5, -1, 0.25, -(2 ** -15)];
  const float = await spoken(f32([5], samples));
  expect(await spoken(i16(samples.map((sample) => sample * 2 ** 15)))).toEqual(float);
  expect(itemsOf(float.items).map((item) => [...samplesOf(item)])).toEqual([
    samples.slice(0, 2),
    samples.slice(2),
  ]);
  expect(float.truths.map(({ truth }) => truth)).toEqual(['one', 'two']);
  await expect(spoken(u8([5], samples))).rejects.toThrow(
    /"audio" should be F32 with 1 dimensions, but is U8/,
  );
});

test('a recording that is longer than its stage takes is refused, and so is one without samples', async () => {
  const two = (first: number, second: number) =>
    parsePack(
      gzip(
        safetensors({
          audio: f32([first + second], new Float32Array(first + second)),
          audio_end: i32([first, first + second]),
          'label.transcribe': u8([2], [97, 98]),
          'label_end.transcribe': i32([1, 2]),
        }),
      ),
      pipelineOf(transcribe),
    );
  expect((await two(1, 32_000)).items.lengths).toEqual([4, 128_000]);
  const taken = 'stage "transcribe" takes audio of 1 to 32000 float32 samples at 16000 Hz';
  await expect(two(32_001, 40_000)).rejects.toThrow(`${taken}, but item 0 is 128004 bytes`);
  await expect(two(1, 0)).rejects.toThrow(`${taken}, but item 1 is 0 bytes`);
});

test('the entry of a pack states the sizes of its items, however many they are', async () => {
  const lengths = Array.from({ length: 150_000 }, (_, i) => 1 + (i % 3));
  const pack = { items: { lengths, bytes: new Uint8Array(300_000) }, truths: null };
  const { mix } = await packEntry(new Uint8Array(), 'mails', pack, pipelineOf(spam));
  expect(mix).toBe('150000 texts of 1 to 3 bytes, median 2; what load they stand for is not stated.');
});
