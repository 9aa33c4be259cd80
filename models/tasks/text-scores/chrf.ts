import { commonCount } from './common.ts';

/** Longest n-gram that is compared, in characters. */
const ORDER = 6;
/** Recall counts β times as much as precision. */
const BETA = 2;

/**
 * chrF of one translated sentence, from 0 to 1 (Popović 2015, https://aclanthology.org/W15-3049): precision and recall of
 * character n-grams without white space, each the mean over n from 1 to 6, joined as (1 + β²) · P · R / (β² · P + R) with β = 2.
 * As in sacreBLEU, the means leave out n for which either sentence has no n-gram. The mean over sentences is not the chrF of a
 * corpus, which adds up the n-grams of all sentences first. Two sentences without characters agree: 1.
 */
export function chrF(translation: string, reference: string): number {
  const characters = charactersOf(translation);
  const trueCharacters = charactersOf(reference);
  const orders = Math.min(ORDER, characters.length, trueCharacters.length);
  if (orders === 0) return characters.length === trueCharacters.length ? 1 : 0;
  let precisions = 0;
  let recalls = 0;
  for (let n = 1; n <= orders; n++) {
    const common = commonCount(grams(characters, n), grams(trueCharacters, n));
    precisions += common / (characters.length - n + 1);
    recalls += common / (trueCharacters.length - n + 1);
  }
  const [precision, recall] = [precisions / orders, recalls / orders];
  const weight = BETA ** 2;
  return precision + recall === 0 ? 0 : ((1 + weight) * precision * recall) / (weight * precision + recall);
}

const charactersOf = (text: string): string[] => [...text.replace(/\s+/g, '')];

function* grams(characters: readonly string[], n: number): Generator<string> {
  for (let i = 0; i + n <= characters.length; i++) yield characters.slice(i, i + n).join('');
}
