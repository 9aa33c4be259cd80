import type { Dice } from './dice.ts';
import { mapWords } from './marked.ts';

const MIN_LETTERS = 3;

/** Slips of the finger in one word: two letters change places, one is left out, or one is typed twice. */
function slip(dice: Dice, word: string): string {
  const at = dice.below(word.length - 1);
  const before = word.slice(0, at);
  const here = word[at]!;
  return dice.pick([
    before + word[at + 1] + here + word.slice(at + 2),
    before + word.slice(at + 1),
    before + here + word.slice(at),
  ]);
}

/** A marked text in which each word of some length has a slip with the given probability. */
export const withSlips = (dice: Dice, marked: string, probability: number) =>
  mapWords(marked, (word) =>
    word.length >= MIN_LETTERS && dice.chance(probability) ? slip(dice, word) : word,
  );
