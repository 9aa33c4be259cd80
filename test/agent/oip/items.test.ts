import { describe, expect, test } from 'vitest';
import { encodeRequest } from '../../../agent/oip/encode-request.ts';
import { decodeRequest } from '../../../agent/oip/infer.ts';
import { itemsMetadata, itemsOfTensors, itemsTensors } from '../../../agent/oip/items.ts';
import type { Tensor } from '../../../agent/oip/tensor.ts';
import { FIELD_BYTES_MAX, joinFields } from '../../../models/items/fields.ts';
import { batchOf } from '../../../models/items/item-batch.ts';
import type { ItemFormat } from '../../../models/items/item-format.ts';
import { bytesTensor, utf8 } from '../tensors.ts';

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

  test('texts may come as a column, [n, 1]', () => {
    const column = { ...bytesTensor([2, 1], [utf8('a'), utf8('b')]), name: 'text' };
    expect(itemsOfTensors([column], texts)).toEqual([utf8('a'), utf8('b')]);
  });

  test('recordings of one length may come as FP32', () => {
    const data = Float32Array.of(0.5, 1, -1, 0);
    const tensor: Tensor = { name: 'audio', datatype: 'FP32', shape: [2, 2], data };
    expect(itemsOfTensors([tensor], audio)).toEqual([samples(0.5, 1), samples(-1, 0)]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'a recording with the sample %s is refused',
    (sample) => {
      const recordings = bytesTensor([2], [samples(0.5), samples(1, sample)]);
      const refused = 'expected float32 samples that are finite numbers, found another one in item 1';
      expect(() => itemsOfTensors([{ ...recordings, name: 'audio' }], audio)).toThrow(refused);
      const data = Float32Array.of(0.5, 1, -1, sample);
      const tensor: Tensor = { name: 'audio', datatype: 'FP32', shape: [2, 2], data };
      expect(() => itemsOfTensors([tensor], audio)).toThrow(refused);
    },
  );

  test('recordings in FP32 are not copied from a body, whatever its alignment', () => {
    const data = Float32Array.of(0.5, 1, -1, 0);
    const inputs: Tensor[] = [{ name: 'audio', datatype: 'FP32', shape: [2, 2], data }];
    for (let spaces = 0; spaces < 4; spaces++) {
      const { bytes, jsonLength } = encodeRequest({ inputs }, true);
      const body = Buffer.concat([Buffer.alloc(spaces, ' '), bytes]);
      const received = decodeRequest({ bytes: body, jsonLength: jsonLength! + spaces }).inputs;
      const items = itemsOfTensors(received, audio);
      expect(items).toEqual([samples(0.5, 1), samples(-1, 0)]);
      expect(items.map(({ buffer }) => buffer === body.buffer)).toEqual([true, true]);
    }
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
    ['two texts an item', texts, bytesTensor([1, 2], [utf8('a'), utf8('b')]), 'found the shape [1, 2]'],
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
