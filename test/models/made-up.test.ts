import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits, type ItemFormat } from '../../models/items/item-format.ts';
import { madeUpItems } from '../../models/packs/made-up.ts';

const size = (max: number) => fc.integer({ min: 1, max });
const content: fc.Arbitrary<ItemFormat> = fc.oneof(
  fc.record({
    kind: fc.constant('pixels' as const),
    channels: fc.constantFrom(1, 3),
    height: size(9),
    width: size(9),
  }),
  fc.record({ kind: fc.constant('audio' as const), sampleRateHz: fc.constant(8000), samplesMax: size(900) }),
  fc.record({ kind: fc.constant('text' as const), bytesMax: size(900) }),
);

test('made-up items are in their format, with its fields, and equal formats have equal items', () => {
  fc.assert(
    fc.property(content, fc.uniqueArray(fc.constantFrom('question', 'hint')), (own, fields) => {
      const format = fields.length > 0 ? { ...own, fields } : own;
      const items = madeUpItems(format, 5);
      expect(items.map((item) => fits(format, item))).toEqual(Array(5).fill(true));
      expect(madeUpItems(format, 5)).toEqual(items);
    }),
  );
});

test('texts and recordings are made up in several sizes, because times depend on them', () => {
  const formats: ItemFormat[] = [
    { kind: 'text', bytesMax: 65536 },
    { kind: 'audio', sampleRateHz: 16000, samplesMax: 160000 },
  ];
  for (const format of formats) {
    const lengths = madeUpItems(format, 64).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeGreaterThan(4 * Math.min(...lengths));
  }
});
