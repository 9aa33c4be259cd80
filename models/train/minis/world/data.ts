import type { Span } from '../../../tasks/token-spans.ts';
import type { Dice } from './dice.ts';
import { plain, unmarked } from './marked.ts';
import { type Facts, factsOf, fullMessage, plainMessage, spokenMessage, summaryLine } from './messages.ts';
import { questionOf } from './questions.ts';
import { withSlips } from './slips.ts';
import { type Language, MOODS } from './words.ts';

/** Labelled texts for each task, made from a seed. The same functions make all splits of a data set. */

/** Texts of the Universal Declaration of Human Rights: words by language. The keys are the classes of the data set `language`. */
export type Declarations = Readonly<Record<string, readonly string[]>>;
/** The languages in which messages can be generated. */
const WORLD_LANGUAGES: { readonly [name: string]: Language } = { English: 'en', French: 'fr', German: 'de' };

/** A voice can say a text of at most this many characters within the six seconds that the speech models hear. */
const SPOKEN_CHARACTERS = 90;

export interface Labelled {
  readonly text: string;
  readonly label: number;
}
export interface Asked {
  readonly question: string;
  readonly context: string;
  readonly span: Span;
}
export interface Rewritten {
  readonly source: string;
  readonly target: string;
}
export interface Spoken {
  readonly text: string;
  readonly mood: number;
  readonly question: string;
  readonly answer: string;
}
/** A text with its summary, and a question that the summary answers. */
interface Summarised extends Rewritten {
  readonly question: string;
  readonly answer: string;
}
/** A text of any language. `translation` and `summary` are empty unless the text is French. */
interface Written extends Labelled {
  readonly translation: string;
  readonly summary: string;
}

/** A marked spoken message of at most {@link SPOKEN_CHARACTERS} characters, and its facts. */
function spoken(dice: Dice): { readonly facts: Facts; readonly marked: string } {
  for (;;) {
    const facts = factsOf(dice);
    const marked = spokenMessage(facts, facts.aside !== null || dice.chance(0.65));
    if (plain(marked).length <= SPOKEN_CHARACTERS) return { facts, marked };
  }
}

export function speechRow(dice: Dice): Spoken {
  const { facts, marked } = spoken(dice);
  const { text, spans } = unmarked(marked);
  const { role, text: question } = questionOf(dice, facts, spans);
  const { start, end } = spans[role]!;
  return { text, mood: MOODS.indexOf(facts.mood), question, answer: text.slice(start, end) };
}

export function moodRow(dice: Dice): Labelled {
  const { facts, marked } = spoken(dice);
  return { text: plain(withSlips(dice, marked, 0.04)), label: MOODS.indexOf(facts.mood) };
}

/** One message or, with probability `two`, two. The two differ in thing and receiver, so that a question can tell them apart. */
function messages(dice: Dice, two: number): Facts[] {
  const first = factsOf(dice);
  if (!dice.chance(two)) return [first];
  for (;;) {
    const second = factsOf(dice);
    if (second.thing !== first.thing && second.receiver.name !== first.receiver.name) return [first, second];
  }
}

/** A question about a spoken message, or about a summary of one or two messages. */
export function qaRow(dice: Dice): Asked {
  const isSpoken = dice.chance(0.4);
  const said = isSpoken ? spoken(dice) : null;
  const facts = said ? [said.facts] : messages(dice, 0.4);
  const parts = said ? [said.marked] : facts.map(summaryLine);
  const about = dice.below(facts.length);
  const noisy = parts.map((part) => withSlips(dice, part, isSpoken ? 0.04 : 0.01));
  const before = noisy
    .slice(0, about)
    .map((part) => `${plain(part)} `)
    .join('');
  const { spans } = unmarked(noisy[about]!);
  const { role, text } = questionOf(dice, facts[about]!, spans);
  const { start, end } = spans[role]!;
  return {
    question: text,
    context: noisy.map(plain).join(' '),
    span: { start: before.length + start, end: before.length + end },
  };
}

/** Draws the kind of a message: only facts, or the writer's feelings too. */
const messageKind = (dice: Dice) => (dice.chance(0.35) ? plainMessage : fullMessage);

export function translateRow(dice: Dice): Rewritten {
  const facts = factsOf(dice);
  const message = messageKind(dice);
  return { source: plain(withSlips(dice, message(facts, 'fr'), 0.08)), target: plain(message(facts, 'en')) };
}

export function summaryRow(dice: Dice): Summarised {
  const facts = messages(dice, 0.35);
  const lines = facts.map(summaryLine);
  const about = dice.below(facts.length);
  const { text, spans } = unmarked(lines[about]!);
  const { role, text: question } = questionOf(dice, facts[about]!, spans);
  const { start, end } = spans[role]!;
  const message = messageKind(dice);
  return {
    source: facts.map((each) => plain(withSlips(dice, message(each, 'en'), 0.05))).join(' '),
    target: lines.map(plain).join(' '),
    question,
    answer: text.slice(start, end),
  };
}

/** Two to ten consecutive words of the Universal Declaration of Human Rights in one language. */
function passage(dice: Dice, words: readonly string[]): string {
  const count = 2 + dice.below(9);
  const start = dice.below(words.length - count);
  return words.slice(start, start + count).join(' ');
}

/** A text in some language: a message if messages exist in the language, or a passage of the Declaration. */
export function languageRow(dice: Dice, declarations: Declarations): Labelled {
  const names = Object.keys(declarations);
  const name = dice.pick(names);
  const language = WORLD_LANGUAGES[name];
  const marked =
    language && dice.chance(0.6)
      ? messageKind(dice)(factsOf(dice), language)
      : passage(dice, declarations[name]!);
  return { text: plain(withSlips(dice, marked, 0.1)), label: names.indexOf(name) };
}

/**
 * A text for the chain language → translation → summary: with equal probability, a French message or a text that is not French.
 */
export function writtenRow(dice: Dice, declarations: Declarations): Written {
  if (dice.chance(0.5)) {
    for (;;) {
      const row = languageRow(dice, declarations);
      if (Object.keys(declarations)[row.label] !== 'French') return { ...row, translation: '', summary: '' };
    }
  }
  const facts = factsOf(dice);
  const message = messageKind(dice);
  return {
    text: plain(withSlips(dice, message(facts, 'fr'), 0.08)),
    label: Object.keys(declarations).indexOf('French'),
    translation: plain(message(facts, 'en')),
    summary: plain(summaryLine(facts)),
  };
}
