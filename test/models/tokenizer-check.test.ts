import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidTokenizerError } from '../../models/tasks/tokenizer-errors.ts';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { byteLevel, tokenizerFiles, unigram, wordPiece } from './tokenizer.ts';

type Files = ReturnType<typeof wordPiece>;
const parsed = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Reads a tokenizer with changed parts, and cuts a text with it. */
async function cutBy(files: Files, change: object, text = 'good bad'): Promise<number> {
  const encoder = await readEncoder({ ...files, tokenizer: json({ ...parsed(files.tokenizer), ...change }) });
  return encoder.tokens(text, 8).ids.length;
}

const base = wordPiece(['good', 'bad']);
const replace = (Regex: string, content: string) => ({ type: 'Replace', pattern: { Regex }, content });
const sequence = (...normalizers: unknown[]) => ({ type: 'Sequence', normalizers });
const nested = (depth: number): object => (depth === 0 ? { type: 'NFC' } : sequence(nested(depth - 1)));
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
    /whose number is none/,
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
    'pieces that all begin alike',
    { model: { type: 'Unigram', unk_id: 0, vocab: pieces(30) } },
    /of its pieces begin in the same way/,
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

const KINDS: readonly Files[] = [
  tokenizerFiles() as Files,
  base,
  byteLevel([['a', 'b']]),
  unigram(['▁', '▁good', 'bad', 'b', 'a', 'd']),
];
const NASTY: readonly unknown[] = [
  ...[
    null,
    0,
    -1,
    0.5,
    2 ** 40,
    '',
    'x',
    '$&',
    true,
    [],
    {},
    [[]],
    '__proto__',
    ['a', 'b'],
    { type: 'Sequence' },
  ],
  { type: 'FixedLength', length: 0 },
  { type: 'Split', pattern: { String: '' }, invert: true },
  { type: 'Sequence', normalizers: [null, { type: 'Prepend', prepend: 'aa' }], pretokenizers: [null] },
  replace('', 'ab'),
  replace('a*', 'ab'),
  replace('(a|a)*b', ''),
  { type: 'ByteLevel' },
  { type: 'Metaspace', replacement: '', str_rep: 'aaaa' },
  { Regex: '(x+x+)+y' },
  'a'.repeat(5000),
  nested(50),
];

/** Puts a value in the place of another, at a path of random turns. */
function changed(value: unknown, turns: readonly number[], by: unknown): unknown {
  if (typeof value !== 'object' || value === null || turns.length === 0) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const [turn, ...rest] = turns;
  const key = keys[turn! % keys.length]!;
  const own = changed((value as Record<string, unknown>)[key], rest, by);
  if (Array.isArray(value)) return value.map((other, i) => (String(i) === key ? own : other));
  return { ...value, [key]: own };
}

const anyChange = fc.tuple(
  fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 6 }),
  fc.constantFrom(...NASTY),
);
const TEXTS = [
  'good bad',
  'a'.repeat(1000),
  'a b '.repeat(200),
  ' \n'.repeat(300),
  'é東😀\u0301'.repeat(300),
  '',
];

test('a tokenizer with any changed values cuts texts, or is refused with what is wrong', async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...KINDS),
      fc.array(anyChange, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (files, changes, ofConfig) => {
        const role = ofConfig ? 'tokenizer-config' : 'tokenizer';
        const value = changes.reduce((all, [turns, by]) => changed(all, turns, by), parsed(files[role]));
        try {
          const encoder = await readEncoder({ ...files, [role]: json(value) });
          for (const text of TEXTS) {
            expect(encoder.tokens(text, 64).ids.every(Number.isInteger)).toBe(true);
            const { ids, spans } = encoder.tokenize(text);
            expect(spans).toHaveLength(ids.length);
          }
          read++;
        } catch (error) {
          if (!(error instanceof InvalidTokenizerError) && !(error instanceof InvalidDocumentError))
            throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(100);
}, 120_000);
