import { describe, expect, test } from 'vitest';
import { Decoder, HERE_BYTES_MAX } from '../../agent/oip/decoder/decoder.ts';
import { type Body, decodeRequest } from '../../agent/oip/infer.ts';
import { itemsOfTensors } from '../../agent/oip/items.ts';
import { VALUES_MAX } from '../../agent/oip/tensor.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';

/**
 * What the worst bodies take of the thread that serves, in CPU time, against work that any machine does in a known time. The measured
 * ratios are at most a third of the bounds, because a busy machine's caches change them.
 */

const BODY_BYTES = 16 * 2 ** 20;
const ROUNDS = 12;
const REPEATS = 5;

/** CPU time of the process for some work: of many rounds the least, because other threads of the process take time, too. */
function cpuMs(work: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / REPEATS;
  });
  return Math.min(...rounds);
}

/** JSON just under the length that is parsed here, with as many values of a list as fit. */
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

/** One tensor whose values follow the JSON. */
function binary(name: string, datatype: string, shape: readonly number[], values: Uint8Array): Body {
  const input = { name, datatype, shape, parameters: { binary_data_size: values.length } };
  const json = Buffer.from(JSON.stringify({ inputs: [input] }));
  return { bytes: new Uint8Array(Buffer.concat([json, values])), jsonLength: json.length };
}

/** Texts of equal length, each after its length. */
function texts(count: number, bytesEach: number): Uint8Array {
  const bytes = new Uint8Array(count * (4 + bytesEach));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * (4 + bytesEach), bytesEach, true);
  return bytes;
}

const text: ItemFormat = { kind: 'text', bytesMax: BODY_BYTES };
const audio: ItemFormat = { kind: 'audio', sampleRateHz: 16_000, samplesMax: BODY_BYTES };
const pixels: ItemFormat = { kind: 'pixels', channels: 1, height: 512, width: 512 };

/** Decodes a body as the routes do. Most of these bodies are refused, but only once the whole body was decoded. */
function decode(body: Body, format: ItemFormat): void {
  try {
    itemsOfTensors(decodeRequest(body).inputs, format);
  } catch {}
}

const plain = longest('0', tensor('UINT8'));

describe('JSON that is parsed on the thread that serves', () => {
  test.each([
    ['lists of one number', longest('[0]', tensor('UINT8', [1]))],
    ['lists nested as deep as may be', longest('[[[[[[[0]]]]]]]', tensor('UINT8', [1, 1, 1, 1, 1, 1, 1]))],
    ['long numbers', longest('1.2345678901234567e-300', tensor('FP64'))],
    ['empty texts', longest('""', tensor('BYTES'))],
    ['escaped texts', longest('"\\u20ac"', tensor('BYTES'))],
    ['a shape of texts', longest('""', (values) => `{"inputs":[{"shape":[${values}]}]}`)],
    ['inputs that are none', longest('1', (values) => `{"inputs":[${values}]}`)],
  ])(
    'takes at most fifteen times as long with %s as with numbers, whose length the bound is for',
    async (_, body) => {
      expect(body.bytes.length).toBeGreaterThan(HERE_BYTES_MAX - 100);
      expect(await new Decoder().fast(body)).toBe(body);
      expect(cpuMs(() => decode(body, text))).toBeLessThan(15 * cpuMs(() => decode(plain, text)));
    },
  );
});

describe('the largest bodies with binary tensors', () => {
  const values = new Uint8Array(BODY_BYTES);
  const bytesEach = BODY_BYTES / VALUES_MAX - 4;

  test.each([
    ['pictures', binary('images', 'UINT8', [BODY_BYTES / 2 ** 18, 1, 512, 512], values), pixels],
    ['recordings', binary('audio', 'FP32', [64, BODY_BYTES / 256], values), audio],
    ['a text', binary('text', 'BYTES', [1], texts(1, BODY_BYTES - 4)), text],
  ])('of %s take no more than ten copies of their bytes', (_, body, format) => {
    expect(cpuMs(() => decode(body, format))).toBeLessThan(10 * cpuMs(() => values.slice()));
  });

  test.each([
    ['empty texts', texts(VALUES_MAX, 0)],
    ['texts that fill the body', texts(VALUES_MAX, bytesEach)],
  ])(
    'of as many %s as may come take at most fifteen times as long as JSON that is parsed here',
    (_, many) => {
      const body = binary('text', 'BYTES', [VALUES_MAX], many);
      expect(cpuMs(() => decode(body, text))).toBeLessThan(15 * cpuMs(() => decode(plain, text)));
    },
  );
});
