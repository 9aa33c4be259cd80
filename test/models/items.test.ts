import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf, itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import { blankItem, fits, type ItemFormat, sizeOf } from '../../models/items/item-format.ts';

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
