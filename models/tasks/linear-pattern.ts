/**
 * Decides which regular expressions of a tokenizer are safe to run on any text. A tokenizer's file may have any expression, and
 * JavaScript cannot stop a running match. So an expression is allowed only if its time is known to grow linearly with the text:
 * it is one of a few known expressions, or has a form that is linear by construction. General ReDoS checkers do not help: they
 * search for attack texts with heuristics and time-outs, and they read JavaScript's syntax of expressions, but tokenizers use
 * Oniguruma's.
 */

/** Patterns of widely used tokenizers that are linear, but that {@link Parser} does not accept. */
const KNOWN = new Set([
  // The pattern of GPT-4o. If its first alternative fails on a run of letters, the second one matches that run, so no run is read
  // again.
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  // The pattern of Mistral's newer tokenizers is the one above without the English endings.
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  // The pattern of BLOOM: one character class, which contains brackets.
  ' ?[^(\\s|[.,!?…。，、।۔،])]+',
]);

/** Properties of a pattern that matches in linear time. */
interface LinearPattern {
  /** Whether the pattern may match the empty text. */
  readonly empty: boolean;
  /** Maximum number of steps at one place of the text before a match fails. */
  readonly work: number;
}

/** `work` of the known patterns. These have a few alternatives, each of which looks at a few characters more than it matches. */
const KNOWN_WORK = 64;

/** Analyses a pattern; null if the pattern is not known to be linear. */
export function linearPattern(pattern: string): LinearPattern | null {
  if (KNOWN.has(pattern)) return { empty: false, work: KNOWN_WORK };
  if (pattern.length > LENGTH_MAX) return null;
  const parser = new Parser(pattern);
  const choice = parser.choice(true);
  if (!choice || !parser.done || choice.ways * choice.length > WORK_MAX) return null;
  return { empty: choice.empty, work: choice.ways * choice.length };
}

const LENGTH_MAX = 4000;
const DEPTH_MAX = 16;
const WORK_MAX = 2048;

/** Bounds for the matches of a part of a pattern at one place of a text. */
interface Part {
  /** Number of ways in which the part may match; backtracking tries all of them before a match fails. */
  readonly ways: number;
  /** Maximum number of characters of a match, unbounded repetitions not counted. */
  readonly length: number;
  readonly empty: boolean;
}

const NOTHING: Part = { ways: 1, length: 0, empty: true };
/** The part that {@link LINE_ENDS} stands for: white space with line ends after it. */
const SPACED: Part = { ways: 1, length: 1, empty: false };

/** Matches a pattern of one character: an escape, a class without nested classes, or a literal character. */
const CHARACTER =
  /^(?:\\(?:[pP]\{[\w=^ -]+\}|x\{[\da-fA-F]+\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[wWdDsShHnrtfvae]|[^\da-zA-Z])|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|&(?!&)|[^\\[\]&])+\]|[^\\()[\]{}*+?|^$])/su;
/** Matches a zero-width assertion that is no group, e.g. `\b` or `^`. */
const EDGE = /^(?:\\[bBAzZ]|\^|\$)/;
const GROUP = /^\((?:\?(?:i?:|=|!|<=|<!))?/;
/** Matches a quantifier: bounds such as `{1,3}`, also lazy, or `*`, `+` or `?`, also lazy or possessive. */
const REPEAT = /^(?:\{(\d{0,4})(?:(,)(\d{0,4}))?\}\??(?![+*])|([*+?])[?+]?(?![*+?{]))/;
/** GPT-2's pattern for white space before a word. It backtracks by at most one character. */
const SPACES_BEFORE_WORD = '\\s+(?!\\S)';
/**
 * Matches a pattern of white space with line ends after it. If white space has no line end, this alternative fails after it has
 * read the white space to its end. A later alternative must match that white space; otherwise the matcher would try each place in
 * it, and read to its end every time.
 */
const LINE_ENDS = /^\\s\*\[\\r\\n\]\+?(?=\||$)/;
const ALL_SPACES = ['\\s+', SPACES_BEFORE_WORD];

/**
 * Parses only patterns that match in linear time: every item after an unbounded repetition of a character is optional. So nothing
 * can fail after the repetition, and a matcher never goes back to read its characters again.
 */
class Parser {
  #rest: string;
  #depth = 0;

  constructor(pattern: string) {
    this.#rest = pattern;
  }

  get done(): boolean {
    return this.#rest === '';
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#rest);
    if (found) this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  /**
   * Parses alternatives, up to the end or a closing bracket; null if they are not known to be linear.
   * @param top whether unbounded repetitions are allowed
   */
  choice(top: boolean): Part | null {
    let all: Part | null = null;
    let open = false;
    do {
      const before = this.#rest;
      const lineEnds = top ? this.#take(LINE_ENDS) : null;
      const one = lineEnds ? SPACED : this.#sequence(top);
      if (!one) return null;
      const own = before.slice(0, before.length - this.#rest.length);
      open = lineEnds !== null || (open && !ALL_SPACES.includes(own));
      all = all
        ? {
            ways: all.ways + one.ways,
            length: Math.max(all.length, one.length),
            empty: all.empty || one.empty,
          }
        : one;
    } while (this.#take(/^\|/));
    return open ? null : all;
  }

  #sequence(top: boolean): Part | null {
    let { ways, length, empty } = NOTHING;
    let unbounded = false;
    while (this.#rest !== '' && !/^[|)]/.test(this.#rest)) {
      if (top && !unbounded && this.#rest.startsWith(SPACES_BEFORE_WORD)) {
        this.#rest = this.#rest.slice(SPACES_BEFORE_WORD.length);
        return { ways, length, empty: false };
      }
      const part = this.#item();
      if (!part || (unbounded && !part.nullable)) return null;
      unbounded ||= part.unbounded;
      if (unbounded && !top) return null;
      ways *= part.ways;
      length += part.length;
      empty &&= part.empty;
    }
    return { ways, length, empty };
  }

  /**
   * Parses an item: an assertion, or a character or group with its quantifier; null if the item is not known to be linear.
   * `nullable`: the item is a character that may be left out.
   */
  #item(): (Part & { readonly unbounded: boolean; readonly nullable: boolean }) | null {
    if (this.#take(EDGE))
      return REPEAT.test(this.#rest) ? null : { ...NOTHING, unbounded: false, nullable: false };
    const group = this.#take(GROUP);
    if (group) {
      if (++this.#depth > DEPTH_MAX) return null;
      const inner = this.choice(false);
      this.#depth--;
      if (!inner || !this.#take(/^\)/)) return null;
      const looks = /[=!]$/.test(group[0]);
      const optional = !looks && this.#take(/^\?(?![*+?{])/) !== null;
      if (REPEAT.test(this.#rest)) return null;
      return {
        ways: inner.ways + (optional ? 1 : 0),
        length: inner.length,
        empty: looks || optional || inner.empty,
        unbounded: false,
        nullable: false,
      };
    }
    if (!this.#take(CHARACTER)) return null;
    if (!/^[*+?{]/.test(this.#rest))
      return { ways: 1, length: 1, empty: false, unbounded: false, nullable: false };
    const repeat = this.#take(REPEAT);
    if (!repeat) return null;
    const [, least = '', comma, most = '', sign] = repeat;
    const min = sign ? (sign === '+' ? 1 : 0) : Number(least);
    const max = sign ? (sign === '?' ? 1 : Infinity) : comma ? Number(most || Infinity) : min;
    const unbounded = max === Infinity;
    const counted = unbounded ? min : max;
    return { ways: counted - min + 1, length: counted, empty: min === 0, unbounded, nullable: min === 0 };
  }
}
