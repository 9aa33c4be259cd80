import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wordErrors, wordsOf } from '../../../models/tasks/automatic-speech-recognition/word-errors.ts';

test('case, punctuation and spaces do not count as words', () => {
  expect(wordsOf('  “Don’t—stop”,  she SAID: Ｏk 3.5!')).toEqual([
    'dont',
    'stop',
    'she',
    'said',
    'ok',
    '3',
    '5',
  ]);
  expect(wordsOf(" '… ")).toEqual([]);
  expect(wordErrors('HELLO world', 'Hello, world.')).toEqual({ errors: 0, words: 2 });
});

test('substituted, inserted and deleted words are one error each', () => {
  expect(wordErrors('a x c', 'a b c')).toEqual({ errors: 1, words: 3 });
  expect(wordErrors('a b b c', 'a b c')).toEqual({ errors: 1, words: 3 });
  expect(wordErrors('a c', 'a b c')).toEqual({ errors: 1, words: 3 });
  expect(wordErrors('', 'a b c')).toEqual({ errors: 3, words: 3 });
  expect(wordErrors('a b', '')).toEqual({ errors: 2, words: 0 });
});

/** Computes the distance of two texts by its definition, without a table. */
const distance = ([a, ...as]: readonly string[], [b, ...bs]: readonly string[]): number => {
  if (a === undefined) return b === undefined ? 0 : 1 + bs.length;
  if (b === undefined) return 1 + as.length;
  if (a === b) return distance(as, bs);
  return 1 + Math.min(distance(as, bs), distance([a, ...as], bs), distance(as, [b, ...bs]));
};

test('errors equal the distance that a recursion over all edits finds', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
  fc.assert(
    fc.property(words, words, (found, truth) => {
      expect(wordErrors(found.join(' '), truth.join(' '))).toEqual({
        errors: distance(found, truth),
        words: truth.length,
      });
    }),
  );
});
