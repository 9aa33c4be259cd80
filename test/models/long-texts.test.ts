import { Tokenizer } from '@huggingface/tokenizers';
import { expect, test } from 'vitest';
import { TEXT_BYTES_MAX } from '../../models/items/text.ts';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { windowsOf } from '../../models/tasks/windows.ts';
import { byteLevel, json, parsed, unigram, wordPiece } from './tokenizer.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const FOX = "The quick brown fox jumps over 12 lazy dogs, doesn't it? Naïve façades cost 5 €. ";
const filled = (unit: string) =>
  unit.repeat(Math.floor(TEXT_BYTES_MAX / new TextEncoder().encode(unit).length));

const KINDS = {
  WordPiece: wordPiece(['the', '##ick', '##s', ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)]),
  'BPE on bytes': byteLevel([
    ['h', 'e'],
    ['Ġ', 'l'],
    ['o', 'x'],
    ['u', 'm'],
    ['um', 'p'],
  ]),
  Unigram: unigram(['▁', '▁the', 'quick', 'ox', '▁d', ...LETTERS]),
};

test.each(Object.entries(KINDS))(
  '%s: prose as long as a text may be has the tokens of the library, in windows too',
  async (_, files) => {
    const text = filled(FOX);
    const library = new Tokenizer(parsed(files.tokenizer), parsed(files['tokenizer-config']));
    const encoder = await readEncoder(files);
    const { ids, spans } = encoder.tokenize(text);
    expect(ids).toEqual(library.encode(text, { add_special_tokens: false }).ids);
    expect(spans).toHaveLength(ids.length);
    expect(spans.at(-1)!.end).toBeGreaterThan(text.length - 3);
    const windows = windowsOf(encoder.single, ids, { length: 384, stride: 128 });
    const rows = windows.map(({ ids: row, at, count }) => row.slice(at, at + count));
    windows.forEach(({ from }, w) => {
      expect(rows[w]).toEqual(ids.slice(from, from + rows[w]!.length));
    });
    expect(windows.at(-1)!.from + windows.at(-1)!.count).toBe(ids.length);
  },
  60_000,
);

const HOSTILE: Readonly<Record<string, string>> = {
  'one word': filled('a'),
  'unknown letters': filled('é'),
  'letters apart': filled('a '),
  'letters of many accents': `a${filled('\u0301').slice(1)}`,
  'characters that unfold to 18': filled('\ufdfa'),
  'spaces after an unknown letter': `é${filled(' ').slice(2)}`,
};

test.each(
  Object.entries(KINDS).flatMap(([kind, files]) =>
    Object.entries(HOSTILE).map(([name, text]) => [kind, name, files, text] as const),
  ),
)(
  '%s: a long text of %s is cut into a bounded number of tokens',
  async (_kind, _name, files, text) => {
    const change = { normalizer: { type: 'NFKD' } };
    const encoder = await readEncoder({
      ...files,
      tokenizer: json({ ...parsed(files.tokenizer), ...change }),
    });
    const { ids, spans } = encoder.tokenize(text);
    expect(spans).toHaveLength(ids.length);
    // Byte by byte, a character is at most three tokens.
    expect(ids.length).toBeLessThan(2 * TEXT_BYTES_MAX + 4096);
    expect(encoder.tokens(text, 512).ids.length).toBeLessThanOrEqual(512);
  },
  60_000,
);

test('special tokens are no part of a text, nor are numbers without a token where none is for unknown text', async () => {
  const encoder = await readEncoder(KINDS['BPE on bytes']);
  const { ids } = encoder.tokenize('héllo');
  expect(encoder.text([0, ...ids, 1, 9999])).toBe('héllo');
  expect(encoder.text([0, 9999])).toBe('');
  expect(encoder.text([])).toBe('');
});

test('a text that is made of tokens ends where it becomes longer than a text may be', async () => {
  const long = 'b'.repeat(1000);
  const encoder = await readEncoder(wordPiece([long]));
  expect(encoder.text(Array(4096).fill(3)).length).toBeLessThan(1.1 * TEXT_BYTES_MAX);
});
