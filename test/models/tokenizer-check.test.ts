import { expect, test } from 'vitest';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { byteLevel, json, parsed, wordPiece } from './tokenizer.ts';

type Files = ReturnType<typeof wordPiece>;

/** Reads a tokenizer with changed parts, and cuts a text with it. */
async function cutBy(files: Files, change: object, text = 'good bad'): Promise<number> {
  const encoder = await readEncoder({ ...files, tokenizer: json({ ...parsed(files.tokenizer), ...change }) });
  return encoder.tokens(text, 8).ids.length;
}

const base = wordPiece(['good', 'bad']);
const replace = (Regex: string, content: string) => ({ type: 'Replace', pattern: { Regex }, content });
const sequence = (...normalizers: unknown[]) => ({ type: 'Sequence', normalizers });
const nested = (depth: number): object => (depth === 0 ? { type: 'NFC' } : sequence(nested(depth - 1)));
const added = (content: string) => [{ id: 0, content }];
const SEQUENCE = { Sequence: { id: 'A', type_id: 0 } };
const pieces = (count: number) => Array.from({ length: count }, (_, i) => ['a'.repeat(i + 1), -i]);

test.each<[string, object, RegExp]>([
  [
    'an expression that backtracks, in a normalizer',
    { normalizer: sequence({ type: 'NFC' }, replace('(a+)+$', '')) },
    /expression "\(a\+\)\+\$" of a step Replace is not known to take a time that grows linearly/,
  ],
  [
    'one in a pre_tokenizer',
    { pre_tokenizer: { type: 'Split', pattern: { Regex: '(.*)*x' }, behavior: 'Isolated' } },
    /of a step Split is not known/,
  ],
  ['one in a decoder', { decoder: replace('\\s+$', '') }, /"\\\\s\+\$" of a step Replace/],
  [
    'pieces of no length',
    { pre_tokenizer: { type: 'FixedLength', length: 0 } },
    /pre_tokenizer has a wrong length/,
  ],
  ['texts that grow', { normalizer: sequence(...Array(6).fill(replace('a', 'aa'))) }, /64 times as long/],
  ['texts that grow out of nothing', { normalizer: replace('a?', 'b'.repeat(40)) }, /41 times as long/],
  ['texts that are copied', { normalizer: replace('a', '$`') }, /inserts "\$`", which may grow/],
  ['characters that unfold', { normalizer: replace('a', '\ufdfa') }, /which may grow/],
  ['deep nesting', { normalizer: nested(9) }, /normalizer are nested too deeply/],
  ['very deep nesting', { normalizer: nested(500) }, /normalizer are nested too deeply/],
  ['many steps', { normalizer: sequence(...Array(33).fill({ type: 'NFC' })) }, /has a wrong normalizers/],
  [
    'an added token that is found only as a whole word',
    { added_tokens: [{ id: 0, content: 'good', single_word: true, special: false }] },
    /added token "good" counts only as a whole word/,
  ],
  [
    'byte pairs with a prefix of continued words',
    { model: { type: 'BPE', vocab: { a: 0, '##b': 1 }, merges: [], continuing_subword_prefix: '##' } },
    /byte pairs put "##" before continued words/,
  ],
  ['an unknown step', { pre_tokenizer: { type: 'Chop' } }, /parts that are not known \(.*Chop/],
  [
    'a long template',
    { post_processor: { type: 'TemplateProcessing', single: Array(65).fill({}) } },
    /wrong single/,
  ],
  [
    'a template without the text',
    { post_processor: { type: 'TemplateProcessing', single: [] } },
    /leaves texts out/,
  ],
  [
    'an unknown special token',
    { post_processor: { type: 'BertProcessing', cls: ['[NO]', 1], sep: ['[NO]', 1] } },
    /special token that is not in its vocabulary/,
  ],
  [
    'tokens without numbers',
    { model: { ...parsed(base.tokenizer).model, vocab: { a: 'b' } } },
    /the number of a token in its vocabulary is not a whole number below/,
  ],
  ['no token for unknown words', { model: { type: 'WordPiece', vocab: { a: 1 } } }, /WordPiece model lacks/],
  [
    'very long words',
    { model: { ...parsed(base.tokenizer).model, max_input_chars_per_word: 1e9 } },
    /max_input_chars/,
  ],
  [
    'merges that are none',
    { model: { type: 'BPE', vocab: { a: 1 }, merges: [['a']] } },
    /merges are not pairs/,
  ],
  ['pieces that are none', { model: { type: 'Unigram', unk_id: 0, vocab: [['a', 'b']] } }, /pieces are not/],
  [
    'no piece for unknown text',
    { model: { type: 'Unigram', unk_id: 7, vocab: pieces(3) } },
    /stands for unknown text/,
  ],
  [
    'long pieces',
    { model: { type: 'Unigram', unk_id: 0, vocab: pieces(129) } },
    /pieces have up to 129 char/,
  ],
  ['endless scores', { model: { type: 'Unigram', unk_id: 0, vocab: [['a', -Infinity]] } }, /pieces are not/],
  [
    'long tokens',
    { model: { type: 'BPE', vocab: { ['a'.repeat(1025)]: 0 }, merges: [] } },
    /tokens have up to 1025 characters/,
  ],
  ['a BPE model without merges', { model: { type: 'BPE', vocab: { a: 0 } } }, /merges are not pairs/],
  [
    'merges of long tokens',
    { model: { type: 'BPE', vocab: { a: 0 }, merges: [['a'.repeat(1025), 'a']] } },
    /merges are not pairs/,
  ],
  ['long added tokens', { added_tokens: added('a'.repeat(65)) }, /added tokens have up to 65 characters/],
  [
    'added tokens that are long after their normalisation',
    { added_tokens: added('\ufdfa'.repeat(4)), normalizer: { type: 'NFKC' } },
    /added tokens have up to 72 characters/,
  ],
  [
    'many added tokens',
    {
      added_tokens: Array(5000)
        .fill(added('a'.repeat(60)))
        .flat(),
    },
    /added tokens have up to 60 characters, and 300000 in all/,
  ],
  [
    'a text that stands twice in a template',
    { post_processor: { type: 'TemplateProcessing', single: [SEQUENCE, SEQUENCE] } },
    /template with the same text twice/,
  ],
  [
    'a decoder that makes texts grow',
    { decoder: { type: 'Sequence', decoders: Array(4).fill(replace('a', 'aa')) } },
    /decoder may make a text 16 times as long/,
  ],
  [
    'a decoder that spaces letters out',
    { decoder: { type: 'Sequence', decoders: Array(4).fill({ type: 'BPEDecoder' }) } },
    /decoder may make a text 16 times as long/,
  ],
  [
    'steps that all search long',
    { normalizer: sequence(...Array(8).fill(replace(`(?:${'a{40}b|'.repeat(9)}c)`, ''))) },
    /steps take \d+ units of work/,
  ],
  [
    'many steps that make words',
    { pre_tokenizer: { type: 'Sequence', pretokenizers: Array(11).fill({ type: 'Punctuation' }) } },
    /steps take \d+ units of work/,
  ],
  ['added tokens without text', { added_tokens: [{ id: 3 }] }, /added_tokens\[0\]\.content/],
  ['no model', { model: null }, /model/],
])('a tokenizer with %s is refused', async (_, change, problem) => {
  await expect(cutBy(base, change)).rejects.toThrow(problem);
});

test('a tokenizer in parts that are in use is read', async () => {
  const albert = sequence(
    replace('``', '"'),
    { type: 'NFKD' },
    { type: 'StripAccents' },
    replace(' {2,}', ' '),
  );
  expect(await cutBy(base, { normalizer: albert })).toBe(4);
  const split = (Regex: string) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  });
  const pretokenizers = [
    split('\\p{N}{1,3}'),
    { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  ];
  expect(await cutBy(byteLevel(), { pre_tokenizer: { type: 'Sequence', pretokenizers } }, 'a 123')).toBe(7);
});
