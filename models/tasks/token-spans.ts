/**
 * Finds the span of each token in the text, which the tokenizer library does not provide. A tokenizer may change case, accents,
 * widths and white space before it cuts a text, so this module compares tokens and text only by the letters that these changes
 * keep.
 */

/** The part of a text that a token stands for, as far as the token shows it. */
export interface Surface {
  /** Text of the token after the tokenizer's normalisation; null for the token of unknown words. */
  readonly text: string | null;
  /** Whether a word begins with the token. */
  readonly startsWord: boolean;
  /** Whether the token begins with the rest of a character whose first bytes are in an earlier token. */
  readonly continues: boolean;
}

/**
 * The characters of a token in its text, as UTF-16 indices: from `start` to before `end`. A token that is only a part of a
 * character gets the whole character, with its accents. A token that is only white space has `start` at or after `end`: the
 * next character starts at `start`, and the one before ends at `end`.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** For each UTF-16 index of a text, the number of characters before it: Unicode code points, which e.g. Python counts too. */
export function charactersBefore(text: string): Uint32Array {
  const before = new Uint32Array(text.length + 1);
  let index = 0;
  let count = 0;
  for (const character of text) {
    for (let i = 0; i < character.length; i++) before[index++] = count;
    count++;
  }
  before[index] = count;
  return before;
}

/** Matches a character with its accents. */
const CHARACTERS = /\P{M}\p{M}*|\p{M}+/gsu;
/**
 * Matches what normalisations remove or add: accents, white space, control characters, and stand-ins for spaces and unknown
 * bytes.
 */
const DROPPED = /[\p{M}\p{C}\s\u2581\ufffd]/gu;

/** Matches a character in which normalisation may change more than the case: any except visible ASCII characters. */
const UNUSUAL = /[^!-~]/;
/** {@link UNUSUAL} without the space, which {@link Letters} leaves out anyway. */
const UNUSUAL_BUT_SPACE = /[^ -~]/;

/** Reduces a text to letters that are the same before and after a tokenizer's normalisation. */
export const lettersOf = (text: string): string =>
  UNUSUAL.test(text)
    ? text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(DROPPED, '').replaceAll('ς', 'σ')
    : text.toLowerCase();

/** Matches the text of a token without visible characters. */
const BLANK = /^[\s\u2581]*$/;

/** After an unknown word, a search for this many letters of the next tokens finds where they continue in the text. */
const RUN = 32;
/** The search for a run of letters gives up after this many positions that do not begin a word. */
const TRIES = 100;
/** An unknown token stands for at most this many letters; n unknown tokens in a row stand for at most n times as many. */
const REACH = 128;
/**
 * After this many failed searches in a row, the next ones get ever rarer, so that tokens that do not fit the text cost little
 * time.
 */
const FAILURES = 4;
const isLookedFor = (failures: number): boolean => failures < FAILURES || (failures & (failures - 1)) === 0;

const WORD_CHARACTER = /^[\p{L}\p{N}_]/u;
/** Chinese has no spaces between words, so each of its characters may begin a word. */
const CHINESE = /^\p{Script=Han}/u;

/** The letters of a text, each with the span of the character that it comes from. */
class Letters {
  readonly all: string;
  readonly #spans: Span[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    if (!UNUSUAL_BUT_SPACE.test(text)) {
      // This shortcut gives the same result as the loop below, which takes many times as long.
      this.all = lettersOf(text.replaceAll(' ', ''));
      for (let i = 0; i < text.length; i++) if (text[i] !== ' ') this.#spans.push({ start: i, end: i + 1 });
      return;
    }
    let all = '';
    for (const { 0: character, index } of text.matchAll(CHARACTERS)) {
      const letters = lettersOf(character);
      const span = { start: index, end: index + character.length };
      for (let i = 0; i < letters.length; i++) this.#spans.push(span);
      all += letters;
    }
    this.all = all;
  }

  /** Span of the characters that the letters from index `from` to before `to` come from. */
  between(from: number, to: number): Span {
    const start = this.#spans[from]?.start ?? this.#text.length;
    return { start, end: this.#spans[to - 1]?.end ?? 0 };
  }

  /** Whether a word may begin at a letter. */
  startsWord(at: number): boolean {
    const [before, own] = [this.#spans[at - 1], this.#spans[at]];
    if (!before || !own || before.end < own.start) return true;
    const inWord = ({ start }: Span) => {
      const rest = this.#text.slice(start, start + 2);
      return WORD_CHARACTER.test(rest) && !CHINESE.test(rest);
    };
    return before !== own && !(inWord(before) && inWord(own));
  }

  /**
   * Finds the first position of `run` from `from` to `to`, or −1.
   * @param startsWord whether a word must begin at the position; not checked with `atEnd`
   * @param atEnd whether the text must end with the run
   */
  find(run: string, from: number, to: number, startsWord: boolean, atEnd: boolean): number {
    if (atEnd) {
      const at = this.all.length - run.length;
      return at >= from && at <= to && this.all.endsWith(run) ? at : -1;
    }
    const within = this.all.slice(0, to + run.length);
    let at = from - 1;
    for (let tried = 0; tried < TRIES; tried++) {
      at = within.indexOf(run, at + 1);
      if (at < 0 || !startsWord || this.startsWord(at)) return at;
    }
    return -1;
  }
}

/**
 * Finds the span of each token in its text. Tokens whose text is not found, such as unknown words, share the text between their
 * neighbours: each gets one word if there are as many words as tokens, otherwise each gets all of that text.
 * @param surfaces of all the text's tokens, in order
 */
export function spansOf(text: string, surfaces: readonly Surface[]): Span[] {
  const letters = new Letters(text);
  const tokens = surfaces.map((surface) => surface.text && lettersOf(surface.text));
  const spans: Span[] = [];
  let at = 0;
  let lost = 0;
  let failures = 0;
  const spanLost = (to: number) => {
    const starts = Array.from({ length: to - at }, (_, i) => at + i).filter(
      (letter) => letter === at || letters.startsWord(letter),
    );
    const each = starts.length === lost;
    for (let i = 0; i < lost; i++)
      spans.push(each ? letters.between(starts[i]!, starts[i + 1] ?? to) : letters.between(at, to));
    lost = 0;
  };
  const seek = (i: number) => {
    const { run, atEnd } = runFrom(tokens, i);
    return letters.find(run, at + 1, at + lost * REACH, surfaces[i]!.startsWord, atEnd);
  };
  tokens.forEach((token, i) => {
    const { continues, text: surface } = surfaces[i]!;
    if (lost === 0 && token !== null && letters.all.startsWith(token, at)) {
      const partial = continues || (token === '' && !BLANK.test(surface!));
      spans.push(letters.between(partial ? Math.max(0, at - 1) : at, at + token.length));
      at += token.length;
      return;
    }
    const looked = lost > 0 && token && isLookedFor(failures++);
    const found = looked ? seek(i) : -1;
    if (found < 0) {
      lost++;
      return;
    }
    failures = 0;
    spanLost(found);
    spans.push(letters.between(found, found + token!.length));
    at = found + token!.length;
  });
  spanLost(letters.all.length);
  return spans;
}

/**
 * Joins the letters of the known tokens from token `i` on, at least {@link RUN} if possible; `atEnd` if they are the last tokens.
 */
function runFrom(tokens: readonly (string | null)[], i: number): { run: string; atEnd: boolean } {
  let run = '';
  let next = i;
  for (; next < tokens.length && run.length < RUN; next++) {
    const token = tokens[next]!;
    if (token === null) break;
    run += token;
  }
  return { run, atEnd: next === tokens.length };
}
