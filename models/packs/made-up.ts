import { type Random, seededRandom } from '../../solver/math/random.ts';
import { joinFields } from '../items/fields.ts';
import type { Item } from '../items/item-batch.ts';
import type { ItemFormat, ItemFormatOf, ItemKind } from '../items/item-format.ts';
import { textItem } from '../items/text.ts';

/** Items without labels, to measure times of a pipeline that has no labelled pack: noise, and made-up sentences. */

const SEED = 1;
/** Lengths of texts in words; each text gets one at random. Most are short, because long texts are rarer in most uses. */
const TEXT_WORDS = [4, 8, 16, 32, 64, 128];
const FIELD_WORDS = 8;
/** Includes letters with accents, because tokenizers handle them differently from plain letters. */
const LETTERS = 'etaoinshrdluéç';
const WORD_LETTERS_MAX = 8;
/** Length of the shortest recording as a fraction of the longest. */
const SHORTEST_SHARE = 0.1;
/** Largest absolute sample value. Speech rarely exceeds it. */
const LOUDNESS = 0.3;

const below = (random: Random, count: number): number => Math.floor(random() * count);

const word = (random: Random): string =>
  Array.from(
    { length: 1 + below(random, WORD_LETTERS_MAX) },
    () => LETTERS[below(random, LETTERS.length)],
  ).join('');

function sentence(random: Random, count: number): string {
  const words = Array.from({ length: count }, () => word(random)).join(' ');
  return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
}

const MAKE: { readonly [K in ItemKind]: (format: ItemFormatOf<K>, random: Random) => Item } = {
  pixels: ({ channels, height, width }, random) =>
    new Uint8Array(channels * height * width).map(() => below(random, 256)),
  audio({ samplesMax }, random) {
    const length = Math.max(1, Math.floor(samplesMax * (SHORTEST_SHARE + (1 - SHORTEST_SHARE) * random())));
    const samples = new Float32Array(length).map(() => LOUDNESS * (2 * random() - 1));
    return new Uint8Array(samples.buffer);
  },
  text: ({ bytesMax }, random) =>
    textItem(sentence(random, TEXT_WORDS[below(random, TEXT_WORDS.length)]!), bytesMax),
};

/** Makes items of a format. Equal arguments make equal items. */
export function madeUpItems(format: ItemFormat, count: number): Item[] {
  const random = seededRandom(SEED);
  const make = MAKE[format.kind] as (format: ItemFormat, random: Random) => Item;
  const encoder = new TextEncoder();
  return Array.from({ length: count }, () => {
    const content = make(format, random);
    const texts = (format.fields ?? []).map(() => encoder.encode(sentence(random, FIELD_WORDS)));
    return joinFields({ content, texts });
  });
}
