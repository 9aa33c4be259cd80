import { expect, test } from 'vitest';
import { type Body, decodeRequest } from '../../agent/oip/infer.ts';
import { itemsOfTensors } from '../../agent/oip/items.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';

/** Makes a request with one tensor, whose values follow the JSON as bytes. */
function binary(name: string, datatype: string, shape: readonly number[], bytes: Uint8Array): Body {
  const input = { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  const json = Buffer.from(JSON.stringify({ inputs: [input] }));
  return { bytes: new Uint8Array(Buffer.concat([json, bytes])), jsonLength: json.length };
}

const audio: ItemFormat = { kind: 'audio', sampleRateHz: 16_000, samplesMax: 480_000 };
const itemsOf = (body: Body) => itemsOfTensors(decodeRequest(body).inputs, audio);

test.each([
  ['empty texts', binary('audio', 'BYTES', [20_000], new Uint8Array(80_000))],
  ['recordings of one sample', binary('audio', 'FP32', [20_000, 1], new Uint8Array(80_000))],
  ['recordings of none', binary('audio', 'FP32', [2_000_000_000, 0], new Uint8Array())],
])('millions of %s would take seconds to tell apart: they are refused by their number', (_, body) => {
  expect(() => itemsOf(body)).toThrow('at most 16384 may come at once');
});

test('texts in JSON, too', () => {
  const input = { name: 'audio', datatype: 'BYTES', shape: [20_000], data: Array(20_000).fill('') };
  const bytes = new TextEncoder().encode(JSON.stringify({ inputs: [input] }));
  expect(() => decodeRequest({ bytes, jsonLength: undefined })).toThrow('at most 16384');
});
