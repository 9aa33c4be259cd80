import type { Surface } from './token-spans.ts';
import type { CheckedTokenizer } from './tokenizer-check.ts';

const BYTE = /^<0x([0-9A-F]{2})>$/;
/** How a token begins that begins a word: with a space, or the sign for one. */
const SPACE = /^[\s\u2581]/;

/** The bytes that byte-level tokenizers spell with other letters, by letter: they give unprintable bytes the letters from U+0100 on. */
const BYTE_OF = (() => {
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

/** Number of spellings to keep: texts share most of their tokens, but a word that is no token may stand for itself. */
const SPELLINGS_MAX = 50_000;

/** Returns how a tokenizer's tokens spell a text. */
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
    const spellings = tokens.map((token) => {
      const own = known.get(token) ?? spellingOf(bytesOf(token));
      known.set(token, own);
      return own;
    });
    return joinCharacters(spellings).map(({ text, continues }, i) => ({
      text,
      continues,
      startsWord: startsWord(tokens[i]!, text),
    }));
  };
}

/** The bytes of a token in UTF-8, and what they are alone; both null for the token of unknown words. */
interface Spelling {
  readonly bytes: readonly number[] | null;
  readonly text: string | null;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const decode = (bytes: readonly number[]): string => decoder.decode(Uint8Array.from(bytes));
const spellingOf = (bytes: readonly number[] | null): Spelling => ({ bytes, text: bytes && decode(bytes) });

const isRest = (byte: number) => (byte & 0xc0) === 0x80;

/** Decodes tokens of UTF-8. A character in several tokens belongs to the first of them. */
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

/** The bytes, from the start of token `next` on, that belong to a character of the token before. */
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
