import { getOrMake } from '../../solver/math/maps.ts';
import type { Surface } from './token-spans.ts';
import type { CheckedTokenizer } from './tokenizer-check.ts';

const BYTE = /^<0x([0-9A-F]{2})>$/;
/** Matches the beginning of a token that begins a word: a space, or its stand-in `▁`. */
const SPACE = /^[\s\u2581]/;

/**
 * The byte that each letter stands for in byte-level tokenizers, such as GPT-2's, by rising bytes. A printable byte has the letter
 * of the same code; the others have letters from U+0100 on.
 */
export const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let others = 0;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [
      String.fromCharCode(printable(byte) ? byte : 0x100 + others++),
      byte,
    ]),
  );
})();

/**
 * Size limit of the cache of spellings, in tokens. Texts share most tokens, but the unknown words of some tokenizers are tokens
 * of their own, which would fill the memory.
 */
const SPELLINGS_MAX = 50_000;

/**
 * Returns a function that finds for each token of a text the characters that the token stands for, and whether it begins a word or
 * continues a character.
 */
export function surfaceReader({
  file: { model },
  steps,
}: CheckedTokenizer): (tokens: readonly string[]) => Surface[] {
  const encoder = new TextEncoder();
  const prefix = model.continuing_subword_prefix || null;
  const suffix = model.end_of_word_suffix || null;
  const byteLevel = steps.pre_tokenizer.some(({ type }) => type === 'ByteLevel');

  const bytesOf = (token: string): readonly number[] | null => {
    const byte = model.byte_fallback ? BYTE.exec(token) : null;
    if (byte) return [Number.parseInt(byte[1]!, 16)];
    if (token === model.unk_token) return null;
    if (byteLevel) return [...token].flatMap((letter) => BYTE_OF.get(letter) ?? [...encoder.encode(letter)]);
    const text = prefix && token.startsWith(prefix) ? token.slice(prefix.length) : token;
    return [...encoder.encode(suffix && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text)];
  };
  const startsWord = (token: string, text: string | null) =>
    prefix ? !token.startsWith(prefix) : SPACE.test(text ?? '');

  const known = new Map<string, Spelling>();
  return (tokens) => {
    if (known.size > SPELLINGS_MAX) known.clear();
    const spellings = tokens.map((token) => getOrMake(known, token, (own) => spellingOf(bytesOf(own))));
    return joinCharacters(spellings).map(({ text, continues }, i) => ({
      text,
      continues,
      startsWord: startsWord(tokens[i]!, text),
    }));
  };
}

/** The UTF-8 bytes of a token, and the text of these bytes without the neighbouring tokens; both null for the unknown token. */
interface Spelling {
  readonly bytes: readonly number[] | null;
  readonly text: string | null;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const decode = (bytes: readonly number[]): string => decoder.decode(Uint8Array.from(bytes));
const spellingOf = (bytes: readonly number[] | null): Spelling => ({ bytes, text: bytes && decode(bytes) });

const isRest = (byte: number) => (byte & 0xc0) === 0x80;

/** Decodes the UTF-8 bytes of tokens. A character that several tokens share belongs to the first of them. */
const joinCharacters = (
  tokens: readonly Spelling[],
): { readonly text: string | null; readonly continues: boolean }[] =>
  tokens.map(({ bytes, text }, i) => {
    if (!bytes) return { text, continues: false };
    const own = bytes.findIndex((byte) => !isRest(byte));
    if (own < 0) return { text: '', continues: true };
    const rest = restFrom(tokens, i + 1);
    const whole = own === 0 && rest.length === 0 ? text : decode([...bytes.slice(own), ...rest]);
    return { text: whole, continues: own > 0 };
  });

/** Returns the bytes, from the start of token `next` on, that complete a character of the token before. */
function restFrom(tokens: readonly Spelling[], next: number): number[] {
  const all: number[] = [];
  for (let i = next; i < tokens.length; i++) {
    const { bytes } = tokens[i]!;
    if (!bytes) break;
    const end = bytes.findIndex((byte) => !isRest(byte));
    for (const byte of end < 0 ? bytes : bytes.slice(0, end)) all.push(byte);
    if (end >= 0) break;
  }
  return all;
}
