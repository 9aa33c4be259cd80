import type { Span } from '../../../tasks/token-spans.ts';

/** Texts in which `{role|words}` marks the words that state a fact. */

/** A text without marks, and where the words of each role stand in it. */
interface Unmarked {
  readonly text: string;
  readonly spans: Readonly<Record<string, Span>>;
}

export function unmarked(marked: string): Unmarked {
  const spans: Record<string, Span> = {};
  let text = '';
  for (const [, plain, role, words] of marked.matchAll(/([^{]+)|\{(\w+)\|([^}]*)\}/g)) {
    const start = text.length;
    text += plain ?? words;
    if (role !== undefined) spans[role] = { start, end: text.length };
  }
  return { text, spans };
}

/** The text without its marks. */
export const plain = (marked: string) => unmarked(marked).text;

/** Changes the words of a marked text, and leaves its marks as they are. */
export const mapWords = (marked: string, change: (word: string) => string) =>
  marked.replace(/(\{\w+\|)?(\p{L}[\p{L}'-]*)/gu, (_, mark = '', word) => mark + change(word));
