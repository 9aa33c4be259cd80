import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonLength } from '../../models/tasks/text-scores/rouge-l.ts';
import { differingWords, type Stretch } from '../../web/views/request/differing-words.ts';

const marked = (stretches: readonly Stretch[]): string =>
  stretches.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('');

const compared = (predicted: string, truth: string): [string, string] => {
  const found = differingWords(predicted, truth);
  return [marked(found.predicted), marked(found.truth)];
};

describe('the differing words of two texts', () => {
  it('are marked in both', () => {
    expect(compared('the cat sat on a mat', 'the cat is on the mat')).toEqual([
      'the cat [sat] on [a] mat',
      'the cat [is] on [the] mat',
    ]);
  });

  it('are joined with the spaces between them', () => {
    expect(compared('one two five', 'one three four five')).toEqual([
      'one [two] five',
      'one [three four] five',
    ]);
  });

  it('do not include other case, punctuation, spaces or apostrophes', () => {
    expect(compared("Don't  stop!", 'dont stop')).toEqual(["Don't  stop!", 'dont stop']);
  });

  it('are found where no spaces separate words', () => {
    expect(compared('我喜欢猫', '我喜欢狗')).toEqual(['我喜欢[猫]', '我喜欢[狗]']);
  });

  it('are all words where a text is empty', () => {
    expect(compared('', 'all of it')).toEqual(['', '[all of it]']);
  });

  it('leave a longest common subsequence, and both texts whole', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (a, b) => {
        const found = differingWords(a.join(' '), b.join(' '));
        for (const [words, stretches] of [
          [a, found.predicted],
          [b, found.truth],
        ] as const) {
          expect(stretches.map(({ text }) => text).join('')).toBe(words.join(' '));
          const common = stretches.flatMap(({ text, differs }) => (differs ? [] : text.match(/\w+/g)) ?? []);
          expect(common.length).toBe(commonLength(a, b));
        }
      }),
    );
  });
});
