import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { windowsOf } from '../../models/tasks/windows.ts';
import { unigram } from './tokenizer.ts';

const [BEGIN, END] = [0, 1];
const encoder = await readEncoder(unigram(['▁']));

test('windows hold every token of the text, in order, after the whole question', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 40 }),
      fc.nat({ max: 50 }),
      fc.nat({ max: 60 }),
      fc.nat({ max: 200 }),
      (length, stride, asked, size) => {
        const text = Array.from({ length: size }, (_, i) => 1000 + i);
        const question = Array.from({ length: asked }, (_, i) => 100 + i);
        const kept = question.slice(0, Math.floor((length - 4) / 2));
        let next = 0;
        for (const { ids, types, from, count, at } of windowsOf(
          encoder.pair!,
          text,
          { length, stride },
          question,
        )) {
          const own = text.slice(from, from + count);
          expect(ids).toEqual([BEGIN, ...kept, END, END, ...own, END]);
          expect(ids.length).toBeLessThanOrEqual(length);
          expect(types).toHaveLength(ids.length);
          expect(ids.slice(at, at + count)).toEqual(own);
          // Neighbouring windows share `stride` tokens, but at most half of a window's.
          if (from > 0)
            expect(next - from).toBe(Math.min(stride, Math.floor((length - 4 - kept.length) / 2)));
          next = from + count;
        }
        expect(next).toBe(size);
      },
    ),
  );
});

test('a single text has windows without a question', () => {
  const windows = windowsOf(encoder.single, [5, 6, 7, 8], { length: 4, stride: 1 });
  expect(windows.map(({ ids }) => ids)).toEqual([
    [BEGIN, 5, 6, END],
    [BEGIN, 6, 7, END],
    [BEGIN, 7, 8, END],
  ]);
});
