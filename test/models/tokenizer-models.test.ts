import { BPE, Unigram, WordPiece } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytePairCutter } from '../../models/tasks/tokenizer-models/byte-pairs.ts';
import { PairTable } from '../../models/tasks/tokenizer-models/pair-table.ts';
import { unigramCutter } from '../../models/tasks/tokenizer-models/unigram.ts';
import { wordPieceCutter } from '../../models/tasks/tokenizer-models/word-piece.ts';

const number = fc.nat({ max: 9 });
const letters = (max: number) => fc.string({ unit: fc.constantFrom(...'abé😀'), maxLength: max });
const words = fc.array(letters(40), { maxLength: 5 });
const tokens = fc.uniqueArray(letters(4).filter(Boolean), { maxLength: 40 });
const numbered = (all: readonly string[]) => new Map([...new Set(all)].map((token, id) => [token, id]));

test('a table of pairs holds what a map of them holds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number, fc.nat()), { maxLength: 100 }), (entries) => {
      const table = new PairTable(entries.length);
      const map = new Map<string, number>();
      for (const [first, second, value] of entries) {
        const known = map.get(`${first} ${second}`);
        if (value % 2 === 0) table.set(first, second, value);
        else expect(table.getOrSet(first, second, value)).toBe(known ?? value);
        map.set(`${first} ${second}`, value % 2 === 0 ? value : (known ?? value));
      }
      for (let first = 0; first < 10; first++)
        for (let second = 0; second < 10; second++)
          expect(table.get(first, second)).toBe(map.get(`${first} ${second}`) ?? -1);
    }),
  );
});

test('WordPiece cuts words as the library does', () => {
  fc.assert(
    fc.property(tokens, tokens, fc.nat({ max: 30 }), words, (starts, rests, wordLengthMax, texts) => {
      const ids = numbered(['[UNK]', ...starts, ...rests.map((rest) => `##${rest}`)]);
      const library = new WordPiece({
        type: 'WordPiece',
        vocab: Object.fromEntries(ids),
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: wordLengthMax,
      });
      const cut = wordPieceCutter({ ids, unknown: '[UNK]', prefix: '##', wordLengthMax });
      expect(cut(texts)).toEqual(library(texts));
    }),
  );
});

test('a Unigram model cuts words as the library does', () => {
  // Sums of eighths are exact in any order, so the model and the library find the same ties.
  const score = fc.oneof(
    fc.constantFrom(-1, -2),
    fc.integer({ min: -160, max: 0 }).map((eighths) => eighths / 8),
  );
  fc.assert(
    fc.property(tokens, fc.array(score, { minLength: 42, maxLength: 42 }), words, (own, scores, texts) => {
      const pieces = ['<s>', '<unk>', ...own].map((piece, i) => [piece, scores[i]!] as const);
      const library = new Unigram({ type: 'Unigram', unk_id: 1, vocab: pieces as never } as never, '</s>');
      const ids = numbered(pieces.map(([piece]) => piece));
      const cut = unigramCutter({ pieces, ids, unknownId: 1, bytes: false });
      expect(cut(texts)).toEqual(library([...texts]));
    }),
  );
});

test('a Unigram model cuts unknown text into its bytes, if it has a piece for each of them', () => {
  const pieces = ['<unk>', 'a', '<0xC3>', '<0xA9>'].map((piece) => [piece, -1] as const);
  const ids = numbered(pieces.map(([piece]) => piece));
  const cut = unigramCutter({ pieces, ids, unknownId: 0, bytes: true });
  expect(cut(['aéa'])).toEqual(['a', '<0xC3>', '<0xA9>', 'a']);
  expect(cut(['aüa'])).toEqual(['a', 'ü', 'a']);
});

/** Random merges of a byte-pair tokenizer: each joins two letters or results of earlier merges. */
const merges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }).map((choices) => {
  const made: string[] = [...'abé'];
  return choices.map(([first, second]) => {
    const pair = [made[first % made.length]!, made[second % made.length]!] as const;
    made.push(pair.join(''));
    return pair;
  });
});
const sign = fc.constantFrom('', '</w>');

test('byte-pair encoding cuts words as the library does', () => {
  const flags = fc.record({
    fuses: fc.boolean(),
    bytes: fc.boolean(),
    keepsWords: fc.boolean(),
    hasUnknown: fc.boolean(),
  });
  fc.assert(
    fc.property(merges, tokens, flags, sign, sign, words, (pairs, others, flag, wordEnd, tokenEnd, texts) => {
      const bytes = Array.from({ length: 128 }, (_, i) => `<0x${(128 + i).toString(16).toUpperCase()}>`);
      const results = pairs.map((pair) => pair.join(''));
      const ids = numbered([
        '<unk>',
        ...results,
        ...others,
        ...others.map((token) => token + wordEnd),
        ...bytes,
      ]);
      const unknown = flag.hasUnknown ? '<unk>' : undefined;
      const library = new BPE({
        type: 'BPE',
        vocab: Object.fromEntries(ids),
        merges: pairs as never,
        unk_token: unknown as never,
        end_of_word_suffix: wordEnd,
        continuing_subword_suffix: tokenEnd,
        byte_fallback: flag.bytes,
        ignore_merges: flag.keepsWords,
        fuse_unk: flag.fuses,
      } as never);
      const cut = bytePairCutter({ ...flag, ids, merges: pairs, unknown, wordEnd, tokenEnd });
      expect(cut(texts)).toEqual(library(texts));
    }),
    { numRuns: 100 },
  );
});
