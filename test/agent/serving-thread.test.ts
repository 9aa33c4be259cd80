import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Decoder, HERE_BYTES_MAX } from '../../agent/oip/decoder/decoder.ts';
import { type Body, decodeRequest } from '../../agent/oip/infer.ts';
import { itemsOfTensors } from '../../agent/oip/items.ts';
import { VALUES_MAX } from '../../agent/oip/tensor.ts';
import type { Item } from '../../models/items/item-batch.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';
import { requestOf, type Serving, serving } from './serving.ts';

/**
 * These tests count what the worst bodies cost the thread that serves: parsed bytes, copied bytes and calls. Unlike times, these
 * counts do not depend on other load of the machine.
 */

const BODY_BYTES = 16 * 2 ** 20;
/** The most characters in the JSON before binary tensors, and in the message of an error. */
const HEADER_LENGTH_MAX = 1000;

const parsed = vi.spyOn(JSON, 'parse');
const encoded = vi.spyOn(TextEncoder.prototype, 'encode');
// Each test starts with no recorded calls, because an agent that ends after its tests still parses JSON.
beforeEach(() => {
  vi.clearAllMocks();
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** Lengths of the texts that this thread parsed as JSON. */
const parsedLengths = (): number[] => parsed.mock.calls.map(([text]) => text.length);

/** Makes JSON just short enough for the serving thread to parse it, with as many values in a list as fit. */
function longest(value: string, message: (values: string, count: number) => string): Body {
  const room = HERE_BYTES_MAX - message('', 10_000).length;
  const count = Math.floor((room + 1) / (value.length + 1));
  const text = message(Array(count).fill(value).join(), count);
  return { bytes: new TextEncoder().encode(text), jsonLength: undefined };
}

const tensor =
  (datatype: string, inner: readonly number[] = []) =>
  (values: string, count: number) =>
    `{"inputs":[{"name":"text","datatype":"${datatype}","shape":[${[count, ...inner]}],"data":[${values}]}]}`;

/** Makes a request with one tensor, whose values follow the JSON as bytes. */
function binary(name: string, datatype: string, shape: readonly number[], values: Uint8Array): Body {
  const input = { name, datatype, shape, parameters: { binary_data_size: values.length } };
  const json = Buffer.from(JSON.stringify({ inputs: [input] }));
  return { bytes: new Uint8Array(Buffer.concat([json, values])), jsonLength: json.length };
}

/** Makes the bytes of a BYTES tensor: `count` texts of `bytesEach` bytes, each after its length. */
function texts(count: number, bytesEach: number): Uint8Array {
  const bytes = new Uint8Array(count * (4 + bytesEach));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * (4 + bytesEach), bytesEach, true);
  return bytes;
}

const text: ItemFormat = { kind: 'text', bytesMax: BODY_BYTES };
const audio: ItemFormat = { kind: 'audio', sampleRateHz: 16_000, samplesMax: BODY_BYTES };
const pixels: ItemFormat = { kind: 'pixels', channels: 1, height: 512, width: 512 };

/** Decodes a body as the routes do. */
const decode = (body: Body, format: ItemFormat): Item[] => itemsOfTensors(decodeRequest(body).inputs, format);

/** Bytes of the buffers of items, without the body's own buffer: the bytes that decoding has copied. */
function copiedBytes(items: readonly Item[], { bytes }: Body): number {
  const buffers = new Set(items.map(({ buffer }) => buffer));
  buffers.delete(bytes.buffer);
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

describe('JSON that is short enough for the thread that serves', () => {
  test.each([
    ['numbers', longest('0', tensor('UINT8'))],
    ['lists of one number', longest('[0]', tensor('UINT8', [1]))],
    ['lists nested as deep as may be', longest('[[[[[[[0]]]]]]]', tensor('UINT8', [1, 1, 1, 1, 1, 1, 1]))],
    ['long numbers', longest('1.2345678901234567e-300', tensor('FP64'))],
    ['empty texts', longest('""', tensor('BYTES'))],
    ['escaped texts', longest('"\\u20ac"', tensor('BYTES'))],
    ['a shape of texts', longest('""', (values) => `{"inputs":[{"shape":[${values}]}]}`)],
    ['inputs that are none', longest('1', (values) => `{"inputs":[${values}]}`)],
  ])('is parsed once, and its texts are encoded at once: %s', async (_, body) => {
    expect(body.bytes.length).toBeGreaterThan(HERE_BYTES_MAX - 100);
    expect(await new Decoder().fast(body)).toBe(body);
    vi.clearAllMocks();
    try {
      decode(body, text);
    } catch (error) {
      // The error names only a few of thousands of problems.
      expect((error as Error).message.length).toBeLessThan(HEADER_LENGTH_MAX);
    }
    expect(parsedLengths()).toEqual([body.bytes.length]);
    expect(encoded.mock.calls.length).toBeLessThan(2);
  });
});

describe('longer JSON that comes over HTTP is not parsed on the thread that serves', () => {
  let agent: Serving;
  beforeAll(async () => {
    agent = await serving({ workers: [['detect', 'classify']] });
  });
  afterAll(() => agent.close());

  test('of a request', async () => {
    const request = requestOf(1, 0, 64);
    vi.clearAllMocks();
    const { outputs } = await agent.client.infer('classify', request, { binary: false });
    expect(outputs[0]!.shape[0]).toBe(64);
    expect(Math.max(...parsedLengths())).toBeLessThan(HERE_BYTES_MAX);
  });
});

describe('the largest bodies with binary tensors', () => {
  const bytesEach = BODY_BYTES / VALUES_MAX - 4;

  test.each([
    [
      'pictures',
      binary('images', 'UINT8', [BODY_BYTES / 2 ** 18, 1, 512, 512], new Uint8Array(BODY_BYTES)),
      pixels,
    ],
    ['recordings', binary('audio', 'FP32', [64, BODY_BYTES / 256], new Uint8Array(BODY_BYTES)), audio],
    ['a text', binary('text', 'BYTES', [1], texts(1, BODY_BYTES - 4)), text],
    ['as many empty texts as may come', binary('text', 'BYTES', [VALUES_MAX], texts(VALUES_MAX, 0)), text],
    ['as many texts as may come', binary('text', 'BYTES', [VALUES_MAX], texts(VALUES_MAX, bytesEach)), text],
  ])('of %s are not copied, and of their JSON the header is parsed alone', (_, body, format) => {
    expect(copiedBytes(decode(body, format), body)).toBe(0);
    expect(parsedLengths()).toEqual([body.jsonLength]);
    expect(body.jsonLength).toBeLessThan(HEADER_LENGTH_MAX);
    expect(encoded).not.toHaveBeenCalled();
  });
});
