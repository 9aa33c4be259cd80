import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinFields, keepFields, splitFields, trySplitFields } from '../../models/items/fields.ts';
import { blankItem, fits, type ItemFormat, sizeOf } from '../../models/items/item-format.ts';
import { childrenOf, Pipeline } from '../../models/manifests/pipeline.ts';
import { language, spam } from './stages.ts';

const format = (...fields: string[]): ItemFormat => ({ kind: 'text', bytesMax: 1000, fields });
const bytes = fc.uint8Array({ maxLength: 40 }).map((values) => new Uint8Array(values));

describe('an item with fields', () => {
  test('splits into the parts that it was joined from', () => {
    fc.assert(
      fc.property(bytes, fc.array(bytes, { maxLength: 4 }), (content, texts) => {
        const own = format(...texts.map((_, i) => `f${i}`));
        expect(splitFields(own, joinFields({ content, texts }))).toEqual({ content, texts });
      }),
    );
  });

  test('is never read beyond its bytes, whatever they are', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 4 }), (item, count) => {
        const own = format(...Array.from({ length: count }, (_, i) => `f${i}`));
        const parts = trySplitFields(own, item);
        if (parts) expect(joinFields(parts)).toEqual(item);
        else expect(fits(own, item)).toBe(false);
      }),
    );
  });

  test('keeps the fields that are asked for, in the order asked', () => {
    const texts = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3)];
    const item = joinFields({ content: Uint8Array.of(9), texts });
    const kept = keepFields(format('a', 'b', 'c'), format('c', 'a'), item);
    expect(splitFields(format('c', 'a'), kept)).toEqual({
      content: Uint8Array.of(9),
      texts: [texts[2], texts[0]],
    });
    expect(keepFields(format('a', 'b', 'c'), format(), item)).toEqual(Uint8Array.of(9));
  });

  test('has the size of its content, and a blank one fits', () => {
    const asked: ItemFormat = { kind: 'pixels', channels: 1, height: 2, width: 5, fields: ['question'] };
    expect(fits(asked, blankItem(asked))).toBe(true);
    expect(sizeOf(asked, blankItem(asked))).toBe(10);
  });
});

test('a pipeline carries a field to the stage that needs it, and no further', () => {
  const { stages } = new Pipeline({ name: 'made-up', stages: [language, spam, { ...spam, name: 'last' }] });
  const [first, second, third] = stages;
  const asked = { ...second!, format: { ...second!.format, fields: ['question'] } };
  const from = { ...first!, format: { ...first!.format, fields: ['question'] } };
  const text = new TextEncoder().encode('hello');
  const item = joinFields({ content: text, texts: [Uint8Array.of(63)] });
  const [child] = childrenOf(from, asked.format, item, { task: 'text-classification', label: 0 } as never);
  expect(child).toEqual(item);
  expect(
    childrenOf(asked, third!.format, child!, { task: 'text-classification', label: 0 } as never),
  ).toEqual([text]);
});
