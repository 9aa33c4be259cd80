import type { Dice } from './dice.ts';
import { mapWords } from './marked.ts';

const LETTERS_MIN = 3;

/** Makes a typing slip in a word: swaps two letters, leaves one out, or doubles one. */
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

/** A marked text in which each word of at least {@link LETTERS_MIN} letters has a slip with the given probability. */
export const withSlips = (dice: Dice, marked: string, probability: number) =>
  mapWords(marked, (word) =>
    word.length >= LETTERS_MIN && dice.chance(probability) ? slip(dice, word) : word,
  );
