import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chrF } from '../../models/tasks/text-scores/chrf.ts';
import { commonLength, rougeL, rougeWords } from '../../models/tasks/text-scores/rouge-l.ts';
import { exactMatch, normalisedAnswer, tokenF1 } from '../../models/tasks/text-scores/squad.ts';

// The expected fractions were computed in exact arithmetic by a Python script that follows the papers' formulas directly.

test.each([
  ['The  Red van!', 'red van'],
  ["a bird's-eye view of an island", 'birdseye view of island'],
  ['Théodore à la gare', 'théodore à la gare'],
  ['the', ''],
])('the answer "%s" is compared as "%s"', (answer, normalised) => {
  expect(normalisedAnswer(answer)).toBe(normalised);
});

test('an answer is scored by the alternative that fits best', () => {
  expect(tokenF1('the red van at the old gate', ['A red van!'])).toBeCloseTo(4 / 7, 12);
  expect(tokenF1('Theodor, an old man', ['nobody', 'the old man'])).toBeCloseTo(4 / 5, 12);
  expect(tokenF1('café à la gare', ['cafe a la gare'])).toBeCloseTo(4 / 7, 12);
  expect(exactMatch('The red van.', ['a van', 'red van'])).toBe(1);
  expect(exactMatch('red vans', ['a van', 'red van'])).toBe(0);
});

test('no answer is right only where there is none', () => {
  expect([tokenF1('', ['']), tokenF1('van', ['']), tokenF1('', ['van'])]).toEqual([1, 0, 0]);
  expect([exactMatch('', ['the', 'red van']), tokenF1('', ['the', 'red van'])]).toEqual([0, 0]);
  expect(exactMatch('', ['the'])).toBe(1);
});

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 7 });

/** Finds the length of the longest common subsequence by trying every subsequence of `a`. */
function slowCommonLength(a: readonly string[], b: readonly string[]): number {
  let longest = 0;
  for (let kept = 0; kept < 2 ** a.length; kept++) {
    const picked = a.filter((_, i) => kept & (1 << i));
    let found = 0;
    for (const word of b) if (word === picked[found]) found++;
    if (found === picked.length) longest = Math.max(longest, found);
  }
  return longest;
}

test('the longest common subsequence is that of brute force', () => {
  fc.assert(
    fc.property(words, words, (a, b) => {
      expect(commonLength(a, b)).toBe(slowCommonLength(a, b));
    }),
  );
});

test('ROUGE-L counts words in order', () => {
  expect(rougeWords("The GATE's open: été 2024")).toEqual(['the', 'gate', 's', 'open', 'été', '2024']);
  expect(rougeL('police killed the gunman', 'the gunman killed police')).toBe(1 / 2);
  expect(
    rougeL('the parcel waits at the gate until monday', 'a parcel is at the gate since monday'),
  ).toBeCloseTo(5 / 8, 12);
});

test('chrF weighs recall more than precision', () => {
  expect(chrF('the cat sat', 'the cat sat on the mat')).toBeCloseTo(68135 / 137387, 12);
  expect(chrF('Les colis attendent', 'Le colis attend')).toBeCloseTo(567885913 / 724512084, 12);
  expect(chrF('ab', 'abc')).toBeCloseTo(7 / 11, 12);
  expect([chrF('ab', 'ba'), chrF('abc', 'xyz'), chrF('', 'a')]).toEqual([1 / 2, 0, 0]);
});

test.each([
  ['token F1', (a: string, b: string) => tokenF1(a, [b])],
  ['ROUGE-L', rougeL],
  ['chrF', chrF],
])('%s is 1 for equal texts, and from 0 to 1 for any', (_, score) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(score(a, a)).toBe(1);
      expect(score(a, b)).toBeGreaterThanOrEqual(0);
      expect(score(a, b)).toBeLessThanOrEqual(1);
    }),
  );
});
