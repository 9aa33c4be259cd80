import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lettersOf } from '../../models/tasks/token-spans.ts';
import { type Encoder, readEncoder } from '../../models/tasks/tokens.ts';
import { BYTE_LETTERS, byteLevel, unigram, wordPiece } from './tokenizer.ts';

/** The tokens of a text, as the parts of the text that they stand for. */
function partsOf(encoder: Encoder, text: string): string[] {
  return encoder.tokenize(text).spans.map(({ start, end }) => text.slice(start, end));
}

test.each<[string, (letter: string) => string]>([
  ['lower case', (letter) => letter.toLowerCase()],
  ['composition', (letter) => letter.normalize('NFC')],
  ['compatible composition', (letter) => letter.normalize('NFKC')],
  ['no accents', (letter) => letter.normalize('NFD').replace(/\p{Mn}/gu, '')],
  ['lower case and no marks', (letter) => letter.toLowerCase().replace(/\p{M}/gu, '')],
])('letters stay the same after normalisation to %s', (_, normalise) => {
  for (let code = 0; code < 0x30000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const letter = String.fromCodePoint(code);
    if (lettersOf(normalise(letter)) !== lettersOf(letter)) expect([code, normalise(letter)]).toBeNull();
  }
});

test('WordPiece: words in other case, with accents and without spaces keep their spans', async () => {
  const encoder = await readEncoder(wordPiece(['cafe', '##s', 'the', '.', '東', 'ㄱ']));
  expect(partsOf(encoder, '  The CAFÉS,the Cafe\u0301. 東')).toEqual([
    ...['The', 'CAFÉ', 'S', ',', 'the', 'Cafe\u0301', '.', '東'],
  ]);
});

test('WordPiece: unknown words lie between their neighbours', async () => {
  const encoder = await readEncoder(wordPiece(['a', '##b', 'b']));
  expect(partsOf(encoder, 'xa a zebra xx ab')).toEqual(['xa', 'a', 'zebra', 'xx', 'a', 'b']);
  expect(partsOf(encoder, 'xx')).toEqual(['xx']);
});

test('byte-level: a token of a part of a character stands for the whole character', async () => {
  const bytes = await readEncoder(byteLevel());
  expect(partsOf(bytes, 'aé 😀')).toEqual(['a', 'é', 'é', '', '😀', '😀', '😀', '😀']);
  const [, second, third] = [...new TextEncoder().encode('éà')].map((byte) => BYTE_LETTERS[byte]!);
  const joined = await readEncoder(byteLevel([[second!, third!]]));
  expect(partsOf(joined, 'xéà')).toEqual(['x', 'é', 'éà', 'à']);
});

test('Unigram: pieces with signs for spaces stand for their letters', async () => {
  const encoder = await readEncoder(unigram(['▁', '▁the', 'ca', 'fé', 's', 'f', 'i']));
  expect(partsOf(encoder, 'The CAFÉS ﬁ')).toEqual(['The', '', 'CA', 'FÉ', 'S', '', 'ﬁ', 'ﬁ']);
});

const syllables = [
  'a',
  'be',
  'é',
  'E\u0301',
  'Ç',
  'ﬁ',
  'Σ',
  'ß',
  '東',
  'क',
  'कि',
  '한',
  'İ',
  '!',
  "'",
  '1',
  '½',
  '😀',
  '👩‍👧',
];
const texts = fc
  .array(fc.tuple(fc.constantFrom(...syllables), fc.constantFrom('', '', '', ' ', '\n', '\u00a0')), {
    maxLength: 30,
  })
  .map((parts) => parts.flat().join(''));

const TOKENIZERS = {
  WordPiece: wordPiece([
    'a',
    '##a',
    'be',
    '##be',
    'e',
    '##e',
    'c',
    '##c',
    '東',
    "'",
    '!',
    '1',
    'σ',
    '##σ',
    'ς',
    '##ς',
  ]),
  'byte-level': byteLevel([
    ['a', 'b'],
    ['ab', 'e'],
    [BYTE_LETTERS[0x20]!, 'a'],
    [BYTE_LETTERS[0xc3]!, BYTE_LETTERS[0xa9]!],
    [BYTE_LETTERS[0xa9]!, BYTE_LETTERS[0xc3]!],
    [BYTE_LETTERS[0xe0]!, BYTE_LETTERS[0xa4]!],
  ]),
  Unigram: unigram(['▁', '▁a', 'a', 'be', 'é', 'fi', '東', 'क', 'ि', '!', '1', '1⁄2', '😀', 'ss']),
};

test.each(Object.entries(TOKENIZERS))(
  '%s: spans are in order and hold the letters of their tokens',
  async (_, files) => {
    const encoder = await readEncoder(files);
    const vocabulary = JSON.parse(new TextDecoder().decode(files.tokenizer)).model.vocab;
    const names = new Map<number, string>(
      Array.isArray(vocabulary)
        ? vocabulary.map(([name]: [string], id) => [id, name])
        : Object.entries<number>(vocabulary).map(([name, id]) => [id, name]),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { ids, spans } = encoder.tokenize(text);
        expect(spans).toHaveLength(ids.length);
        let before = 0;
        spans.forEach(({ start, end }, i) => {
          const name = names.get(ids[i]!)!;
          expect(start).toBeGreaterThanOrEqual(before);
          before = start > end ? before : start;
          if (/^[\w#!']+$/.test(name) && !name.startsWith('<'))
            expect(lettersOf(text.slice(start, end))).toContain(lettersOf(name.replace('##', '')));
        });
      }),
    );
  },
);

test('byte-level: each byte lies in its character, whatever the text', async () => {
  const encoder = await readEncoder(byteLevel());
  const utf8 = new TextEncoder();
  fc.assert(
    fc.property(texts, (text) => {
      const { spans } = encoder.tokenize(text);
      let byte = 0;
      let at = 0;
      for (const character of text) {
        for (const _ of utf8.encode(character)) {
          const { start, end } = spans[byte++]!;
          // Characters without letters, such as spaces, have no span of their own.
          if (lettersOf(character) === '') continue;
          expect([start <= at, end >= at + character.length]).toEqual([true, true]);
        }
        at += character.length;
      }
      expect(byte).toBe(spans.length);
    }),
  );
});
