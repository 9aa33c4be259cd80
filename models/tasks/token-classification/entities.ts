import { mean } from '../../../solver/math/statistics.ts';
import type { Span } from '../token-spans.ts';

export interface Entity extends Span {
  /** Type of the entity, e.g. `PER`: the class of its words without the prefix for a word's position in the entity. */
  readonly type: string;
  /** Mean of the probabilities of the classes of the entity's words. */
  readonly score: number;
}

/** Matches a word: a Chinese character, a run of other letters, marks, digits and `_`, or any other visible character. */
const WORDS = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+|\S/gu;

/** The matches of a pattern in a text, as UTF-16 indices. */
export const matchesIn = (text: string, pattern: RegExp): Span[] =>
  Array.from(text.matchAll(pattern), ({ 0: match, index }) => ({ start: index, end: index + match.length }));

/** The words of a text, as UTF-16 indices. */
export const wordsIn = (text: string): Span[] => matchesIn(text, WORDS);

/** The class of words outside entities. */
const OUTSIDE = 'O';
/** Matches a class with a prefix: Begin or Inside; in schemes that mark ends also End or Last, Single or Unit. */
const PREFIXED = /^([BIELSU])-(.+)$/s;

/** Returns the entity type of a class; null for the class of words outside entities. */
export const typeOf = (label: string): string | null =>
  label === OUTSIDE ? null : (PREFIXED.exec(label)?.[2] ?? label);

/** A word with its class and the class's probability. */
export interface ClassifiedWord extends Span {
  readonly label: string;
  readonly score: number;
}

interface Group {
  readonly type: string;
  readonly words: ClassifiedWord[];
}

/**
 * Joins words to entities as the script of CoNLL-2000 does (Tjong Kim Sang and Buchholz, https://aclanthology.org/W00-0726): an
 * entity begins at a word whose class marks a beginning, whose type differs from that of the word before, or that follows a
 * word whose class marks an end.
 */
export function entitiesOf(words: readonly ClassifiedWord[]): Entity[] {
  const groups: Group[] = [];
  let open: Group | undefined;
  for (const word of words) {
    const type = typeOf(word.label);
    const prefix = PREFIXED.exec(word.label)?.[1] ?? 'I';
    if (type === null) {
      open = undefined;
      continue;
    }
    const goesOn = open?.type === type && !'BSU'.includes(prefix);
    const group: Group = goesOn ? open! : { type, words: [] };
    if (!goesOn) groups.push(group);
    group.words.push(word);
    open = 'ELSU'.includes(prefix) ? undefined : group;
  }
  return groups.map(({ type, words: own }) => ({
    type,
    start: own[0]!.start,
    end: own.at(-1)!.end,
    score: mean(own.map(({ score }) => score)),
  }));
}
