import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { InvalidInferenceError, InvalidTensorError } from '../../agent/oip/errors.ts';
import { decodeRequest, decodeResponse, encodeResponse, type InferRequest } from '../../agent/oip/infer.ts';
import { itemsMetadata, itemsOfTensors, itemsTensors } from '../../agent/oip/items.ts';
import { itemsOfRequest, modelMetadata, outputTensors } from '../../agent/oip/model.ts';
import { type Tensor, tensorOfJson } from '../../agent/oip/tensor.ts';
import { FIELD_BYTES_MAX, joinFields } from '../../models/items/fields.ts';
import { batchOf } from '../../models/items/item-batch.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { pipelineOf, transcribe } from '../models/stages.ts';
import { loadFashion } from '../workers/fashion.ts';
import { DESCRIPTIONS, oipCheck } from './oip-schema.ts';

const { stages } = (await loadFashion()).pipeline;

const bodyOf = (value: unknown) => ({
  bytes: new TextEncoder().encode(JSON.stringify(value)),
  jsonLength: undefined,
});
const images = (rest: object) =>
  bodyOf({ inputs: [{ name: 'images', shape: [2], datatype: 'UINT8', ...rest }] });

const utf8 = (text: string) => new TextEncoder().encode(text);

type Values = fc.Arbitrary<Tensor['data']>;
const numbers = { noNaN: true, noDefaultInfinity: true };
// JSON has no negative zero.
const arrays: Record<string, (size: { minLength: number; maxLength: number }) => Values> = {
  UINT8: (size) => fc.uint8Array(size),
  INT32: (size) => fc.int32Array(size),
  FP64: (size) => fc.float64Array({ ...size, ...numbers }).map((data) => data.map((value) => value + 0)),
};
const text = fc.string({ unit: 'binary', maxLength: 20 }).map(utf8);
const anyBytes = fc.uint8Array({ maxLength: 20 });

/** Tensors of some datatypes. @param bytes values of one of BYTES */
const tensorOf = (bytes: fc.Arbitrary<Uint8Array<ArrayBuffer>>): fc.Arbitrary<Tensor> =>
  fc
    .record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      datatype: fc.constantFrom('UINT8', 'INT32', 'FP64', 'BYTES'),
      shape: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
    })
    .chain(({ name, datatype, shape }) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      const size = { minLength: length, maxLength: length };
      const data = datatype === 'BYTES' ? fc.array(bytes, size) : arrays[datatype]!(size);
      return data.map((data) => ({ name, datatype, shape, data }) as Tensor);
    });

test.each([
  ['JSON', false, text],
  ['bytes after the JSON', true, anyBytes as fc.Arbitrary<Uint8Array<ArrayBuffer>>],
])('what is encoded is decoded again, with tensors as %s', (_, binary, values) => {
  fc.assert(
    fc.property(
      fc.array(tensorOf(values), { minLength: 1, maxLength: 4 }),
      fc.string({ maxLength: 9 }),
      (inputs, id) => {
        const request: InferRequest = {
          id,
          inputs,
          outputs: [{ name: 'a', binary: true }],
          binaryOutput: true,
        };
        const sent = encodeRequest(request, binary);
        expect(decodeRequest(sent)).toEqual(request);
        // As a server is given it: somewhere in a larger buffer.
        const { bytes, jsonLength } = sent;
        const received = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1) as Buffer<ArrayBuffer>;
        expect(decodeRequest({ bytes: received, jsonLength })).toEqual(request);
        const response = { model: 'm', version: '1', id, outputs: inputs };
        expect(decodeResponse(encodeResponse(response, { binaryOutput: binary }))).toEqual(response);
      },
    ),
  );
});

test('nested lists are read as their shape says', () => {
  const { inputs } = decodeRequest(
    bodyOf({
      inputs: [
        {
          name: 'a',
          shape: [2, 2],
          datatype: 'INT32',
          data: [
            [1, 2],
            [3, -4],
          ],
        },
      ],
    }),
  );
  expect(inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3, -4));
});

const bytesTensor = (shape: number[], data: Uint8Array<ArrayBuffer>[]): Tensor => ({
  name: 'text',
  datatype: 'BYTES',
  shape,
  data,
});

test('texts of JSON are BYTES as UTF-8, flat or nested as their shape says', () => {
  const header = { name: 'text', shape: [2, 2], datatype: 'BYTES' };
  const texts = ['a', '', 'Grüße', '\ufeff𝄞'];
  for (const data of [texts, [texts.slice(0, 2), texts.slice(2)]])
    expect(decodeRequest(bodyOf({ inputs: [{ ...header, data }] })).inputs).toEqual([
      bytesTensor([2, 2], texts.map(utf8)),
    ]);
  const { bytes } = encodeRequest({ inputs: [bytesTensor([2, 2], texts.map(utf8))] }, false);
  expect(JSON.parse(Buffer.from(bytes).toString()).inputs).toEqual([{ ...header, data: texts }]);
});

test('BYTES go as bytes each after its length, in 32 bits with the lowest first', () => {
  const { bytes, jsonLength } = encodeRequest({ inputs: [bytesTensor([3], ['a', '', 'é'].map(utf8))] }, true);
  expect([...bytes.subarray(jsonLength)]).toEqual([1, 0, 0, 0, 97, 0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9]);
});

test('bytes that are no text are refused for JSON, by name, and go as bytes', () => {
  const inputs = [bytesTensor([1], [Uint8Array.of(0xff)])];
  expect(() => encodeRequest({ inputs }, false)).toThrow(/"text": .*ask for binary data/);
  expect(decodeRequest(encodeRequest({ inputs }, true)).inputs).toEqual(inputs);
});

test.each([
  ['a value that ends too soon', [2], [1, 0, 0, 0, 97, 2, 0, 0, 0, 97]],
  ['a length that is cut off', [2], [1, 0, 0, 0, 97, 1, 0, 0]],
  ['a length that nothing could have', [1], [0xff, 0xff, 0xff, 0xff, 97]],
  ['a value too few', [2], [1, 0, 0, 0, 97]],
  ['a value too many', [1], [1, 0, 0, 0, 97, 1, 0, 0, 0, 97]],
  ['bytes behind its last value', [1], [1, 0, 0, 0, 97, 0]],
  ['bytes although it has no values', [0], [0, 0, 0, 0]],
])('BYTES with %s are refused by name', (_, shape, bytes) => {
  const parameters = { binary_data_size: bytes.length };
  const json = utf8(JSON.stringify({ inputs: [{ name: 'text', shape, datatype: 'BYTES', parameters }] }));
  const sent = { bytes: Uint8Array.from([...json, ...bytes]), jsonLength: json.length };
  expect(() => decodeRequest(sent)).toThrow(InvalidTensorError);
  expect(() => decodeRequest(sent)).toThrow(
    `"text": BYTES [${shape}] takes ${shape} values, each after its length; the ${bytes.length} bytes found do not match`,
  );
});

test.each([
  ['a missing shape', { shape: undefined, data: [1, 2] }, /inputs\[0\]\.shape/],
  [
    'another datatype',
    { datatype: 'STRING', data: [1, 2] },
    /"images": expected one of the datatypes .*found "STRING"/,
  ],
  ['too few values', { data: [1] }, /"images": its shape \[2\] holds 2 values, found 1/],
  ['too large a value', { data: [1, 256] }, /"images": expected a value of UINT8 at 1, found 256/],
  ['a fraction', { data: [1.5, 2] }, /at 0, found 1\.5/],
  ['a text', { data: ['a', 2] }, /at 0, found "a"/],
  ['a number among texts', { datatype: 'BYTES', data: ['a', 2] }, /"images": expected a text at 1, found 2/],
  ['too few texts', { datatype: 'BYTES', data: ['a'] }, /its shape \[2\] holds 2 values, found 1/],
  ['lists that are not nested as its shape', { shape: [2, 2], data: [[1, 2], [3]] }, /a list of 1 where 2/],
  ['no values at all', {}, /either data or the parameter binary_data_size/],
  [
    'bytes that are not there',
    { parameters: { binary_data_size: 2 } },
    /expected 2 bytes after the JSON, found 0/,
  ],
  [
    'a shape of far too much',
    { shape: [2 ** 31, 2 ** 31, 2 ** 31], data: [] },
    /more values than can be sent/,
  ],
])('a tensor with %s is refused by name', (_, wrong, says) => {
  expect(() => decodeRequest(images(wrong))).toThrow(InvalidInferenceError);
  expect(() => decodeRequest(images(wrong))).toThrow(says);
});

test('a text with half of a surrogate pair is refused, because UTF-8 cannot hold the half', () => {
  const header = { name: 'text', datatype: 'BYTES', shape: [2] };
  expect(() => tensorOfJson(header, ['\u{1F600}', '\ud83d'])).toThrow(/"text": .*whole characters at 1/);
});

test('another byte count than the shape takes is refused, and so are bytes of no tensor', () => {
  const json = new TextEncoder().encode(
    JSON.stringify({
      inputs: [{ name: 'images', shape: [3], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
    }),
  );
  const bytes = new Uint8Array(json.length + 8);
  bytes.set(json);
  expect(() => decodeRequest({ bytes, jsonLength: json.length })).toThrow(
    '"images": FP32 [3] takes 12 bytes, found 8',
  );
  const { bytes: whole, jsonLength } = encodeRequest(
    { inputs: [{ name: 'a', datatype: 'UINT8', shape: [1], data: new Uint8Array(1) }] },
    true,
  );
  const longer = new Uint8Array(whole.length + 3);
  longer.set(whole);
  expect(() => decodeRequest({ bytes: longer, jsonLength })).toThrow(
    '3 bytes after the JSON belong to no tensor',
  );
  expect(() => decodeRequest({ bytes: whole, jsonLength: whole.length + 1 })).toThrow('inference-header');
});

test('whatever bytes come, they are read or refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.option(fc.nat(400), { nil: undefined }),
      (bytes, jsonLength) => {
        try {
          decodeRequest({ bytes: bytes as Uint8Array<ArrayBuffer>, jsonLength });
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInferenceError);
        }
      },
    ),
  );
});

test('an output that a model has not is refused by name', () => {
  const outputs = [{ name: 'labels', datatype: 'INT32', shape: [1], data: new Int32Array(1) }] as const;
  expect(() => encodeResponse({ model: 'm', outputs }, { outputs: [{ name: 'boxes' }] })).toThrow(
    'tensor "boxes": model m has no such output; its outputs are labels',
  );
});

test('a value that JSON has not is refused, and goes as bytes', () => {
  const outputs = [{ name: 'a', datatype: 'FP32', shape: [1], data: Float32Array.of(Number.NaN) }] as const;
  expect(() => encodeResponse({ model: 'm', outputs }, {})).toThrow(InvalidTensorError);
  expect(decodeResponse(encodeResponse({ model: 'm', outputs }, { binaryOutput: true })).outputs).toEqual(
    outputs,
  );
});

const found = { x0: 1, y0: 2, x1: 3, y1: 4, score: 0.5 };
const detected = (n: number) => ({ task: 'object-detection', detections: Array(n).fill(found) });
const classified = (label: number) => ({ task: 'image-classification', label, score: 0.25 });

describe('the pipeline as a model', () => {
  test('has a row for each object, with the image of the request that it is of', () => {
    const tensors = outputTensors(stages, [
      [[detected(2)], [classified(7), classified(8)]],
      [[detected(0)]],
      [[detected(1)], [classified(9)]],
    ]);
    const byName = Object.fromEntries(
      tensors.map(({ name, shape, data }) => [name, { shape, data: [...data] }]),
    );
    expect(byName).toEqual({
      boxes: { shape: [3, 4], data: [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4] },
      detect_scores: { shape: [3], data: [0.5, 0.5, 0.5] },
      labels: { shape: [3], data: [7, 8, 9] },
      scores: { shape: [3], data: [0.25, 0.25, 0.25] },
      item_index: { shape: [3], data: [0, 0, 2] },
    });
  });

  test('gives empty tensors where nothing is found', () => {
    const tensors = outputTensors(stages, [[[detected(0)]]]);
    expect(tensors.map(({ shape }) => shape)).toEqual([[0, 4], [0], [0], [0], [0]]);
  });

  test('has a text for each recording as bytes', () => {
    const speech = pipelineOf(transcribe).stages;
    const answers = ['où est-il ?', ''].map((text) => [[{ task: transcribe.task, text } as StageResult]]);
    expect(outputTensors(speech, answers)).toEqual([
      { name: 'text', datatype: 'BYTES', shape: [2], data: [utf8('où est-il ?'), utf8('')] },
      { name: 'item_index', datatype: 'INT32', shape: [2], data: Int32Array.of(0, 1) },
    ]);
    expect(modelMetadata('speech', '1', speech).outputs[0]).toEqual({
      name: 'text',
      datatype: 'BYTES',
      shape: [-1],
    });
  });

  test('says so in its metadata', () => {
    const { inputs, outputs } = modelMetadata('fashion', '1', stages);
    expect(inputs).toEqual([{ name: 'images', datatype: 'UINT8', shape: [-1, 1, 128, 128] }]);
    expect(outputs.map(({ name }) => name)).toEqual(outputTensors(stages, []).map(({ name }) => name));
  });

  test('refuses its input twice, by name', () => {
    const input: Tensor = {
      name: 'images',
      datatype: 'UINT8',
      shape: [1, 1, 128, 128],
      data: new Uint8Array(16384),
    };
    expect(() => itemsOfRequest({ inputs: [input, input] }, stages[0]!)).toThrow(
      'tensor "images": expected this input once, found it 2 times',
    );
  });

  test.each([
    ['another name', { name: 'pixels' }, '"pixels": the model has no such input: it takes "images"'],
    [
      'another shape',
      { shape: [1, 128, 128, 1] },
      'takes UINT8 [n, 1, 128, 128], found the shape [1, 128, 128, 1]',
    ],
    [
      'no item',
      { shape: [0, 1, 128, 128], data: new Uint8Array(0) },
      'expected at least one item, found none',
    ],
    ['another datatype', { datatype: 'INT8' }, 'found the datatype INT8'],
  ])('refuses an input of %s', (_, wrong, says) => {
    const input = { name: 'images', datatype: 'UINT8', shape: [1, 1, 128, 128], data: new Uint8Array(16384) };
    expect(() => itemsOfRequest({ inputs: [{ ...input, ...wrong } as Tensor] }, stages[0]!)).toThrow(says);
  });
});

describe('items of a stage as a tensor', () => {
  const texts: ItemFormat = { kind: 'text', bytesMax: 8 };
  const audio: ItemFormat = { kind: 'audio', sampleRateHz: 8000, samplesMax: 4 };
  const pixels: ItemFormat = { kind: 'pixels', channels: 1, height: 1, width: 2 };
  const samples = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

  test.each<[ItemFormat, Uint8Array<ArrayBuffer>[], object]>([
    [texts, [utf8('one'), utf8(''), utf8('drei äh')], { name: 'text', datatype: 'BYTES', shape: [3] }],
    [audio, [samples(0.5), samples(1, -1, 0, 0.25)], { name: 'audio', datatype: 'BYTES', shape: [2] }],
    [
      pixels,
      [Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
      { name: 'images', datatype: 'UINT8', shape: [2, 1, 1, 2] },
    ],
  ])('%o: they come back as they went, over the wire too', (format, items, header) => {
    const inputs = itemsTensors(format, batchOf(items));
    expect(inputs).toMatchObject([header]);
    expect(itemsOfTensors(inputs, format)).toEqual(items);
    const received = decodeRequest(encodeRequest({ inputs }, true)).inputs;
    expect(itemsOfTensors(received, format)).toEqual(items);
  });

  test('recordings of one length may come as FP32', () => {
    const data = Float32Array.of(0.5, 1, -1, 0);
    const tensor: Tensor = { name: 'audio', datatype: 'FP32', shape: [2, 2], data };
    expect(itemsOfTensors([tensor], audio)).toEqual([samples(0.5, 1), samples(-1, 0)]);
  });

  test.each<[string, ItemFormat, Tensor, string]>([
    [
      'a text that is too long',
      texts,
      bytesTensor([2], [utf8('a'), utf8('nine-byte')]),
      'found 9 bytes in item 1',
    ],
    ['a part of a sample', audio, bytesTensor([1], [new Uint8Array(6)]), 'found 6 bytes in item 0'],
    ['no sample', audio, bytesTensor([1], [new Uint8Array(0)]), 'found 0 bytes in item 0'],
    ['texts in two dimensions', texts, bytesTensor([1, 1], [utf8('a')]), 'found the shape [1, 1]'],
    ['images as BYTES', pixels, bytesTensor([1], [new Uint8Array(2)]), 'found the datatype BYTES'],
    [
      'texts as numbers',
      texts,
      { name: 'text', datatype: 'UINT8', shape: [1], data: new Uint8Array(1) },
      'found the datatype UINT8',
    ],
  ])('%s is refused, with what the model takes', (_, format, tensor, says) => {
    const named = { ...tensor, name: itemsMetadata(format).name };
    expect(() => itemsOfTensors([named], format)).toThrow(
      /the model takes (UINT8 \[n, 1, 1, 2\]|BYTES \[n\])/,
    );
    expect(() => itemsOfTensors([named], format)).toThrow(says);
  });
});

describe('fields of items', () => {
  const withQuestion: ItemFormat = { kind: 'text', bytesMax: 8, fields: ['question'] };
  const item = (content: string, question: string) =>
    joinFields({ content: utf8(content), texts: [utf8(question)] });
  const question = (...texts: string[]): Tensor => ({
    name: 'question',
    datatype: 'BYTES',
    shape: [texts.length],
    data: texts.map(utf8),
  });

  test('are tensors of their own, and come back as they went', () => {
    const items = [item('one', 'who?'), item('', '')];
    const inputs = itemsTensors(withQuestion, batchOf(items));
    expect(inputs.map(({ name }) => name)).toEqual(['text', 'question']);
    expect(itemsOfTensors(inputs, withQuestion)).toEqual(items);
  });

  test('that are absent are empty texts', () => {
    expect(itemsOfTensors([{ ...question('one'), name: 'text' }], withQuestion)).toEqual([item('one', '')]);
  });

  test('are refused if one is too long, or not one for each item', () => {
    const text = { ...question('one'), name: 'text' };
    expect(() => itemsOfTensors([text, question('a', 'b')], withQuestion)).toThrow(
      'tensor "question": expected BYTES [1], one text for each item, found BYTES [2]',
    );
    expect(() => itemsOfTensors([text, question('x'.repeat(FIELD_BYTES_MAX + 1))], withQuestion)).toThrow(
      'tensor "question": expected at most 16384 bytes',
    );
  });
});

describe.each(DESCRIPTIONS)('the protocol as %s has it', (description) => {
  const check = oipCheck(description);
  const json = ({ bytes }: { bytes: Uint8Array }) => JSON.parse(new TextDecoder().decode(bytes));

  test.skipIf(check === null)('accepts requests and answers of ours', () => {
    const inputs: Tensor[] = [
      { name: 'images', datatype: 'UINT8', shape: [1, 1, 128, 128], data: new Uint8Array(16384) },
    ];
    expect(check!('inference_request', json(encodeRequest({ id: '1', inputs }, false)))).toEqual([]);
    const outputs = outputTensors(stages, [[[detected(0)]]]);
    const response = encodeResponse({ model: 'fashion', version: '1', id: '1', outputs }, {});
    expect(check!('inference_response', json(response))).toEqual([]);
    expect(check!('metadata_model_response', modelMetadata('fashion', '1', stages))).toEqual([]);
  });

  test.skipIf(check === null)('is checked at all: it refuses an answer without outputs', () => {
    expect(check!('inference_response', { model_name: 'm' })).not.toEqual([]);
  });
});
