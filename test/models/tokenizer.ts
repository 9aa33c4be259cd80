export const json = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value));
export const parsed = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

const special = (content: string, id: number) => ({
  ...{ id, content, special: true },
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
});

/** A WordPiece tokenizer in the layout of the hub, of the tokens "good" (4), "bad" (5) and "##ness" (6). */
export const tokenizerFiles = (config: object = {}) => ({
  tokenizer: json({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, good: 4, bad: 5, '##ness': 6 },
    },
  }),
  'tokenizer-config': json({ tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', ...config }),
});

type Parts = Readonly<Record<'normalizer' | 'pre_tokenizer' | 'decoder' | 'model', object | null>>;

/** A tokenizer of these parts that puts "<s>" (0) before a text, "</s>" (1) after it, and two of them between a pair. */
export const tokenizerOf = (parts: Parts) => ({
  tokenizer: json({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<s>', '</s>'].map(special),
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 1], cls: ['<s>', 0], trim_offsets: true },
    ...parts,
  }),
  'tokenizer-config': json({ tokenizer_class: 'RobertaTokenizer', pad_token: '</s>' }),
});

/** The letters that byte-level tokenizers write for bytes, by byte. */
export const BYTE_LETTERS = (() => {
  const letters: string[] = [];
  let others = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte < 0xad) || (byte > 0xad && byte < 0x100);
    letters.push(String.fromCharCode(printable ? byte : 256 + others++));
  }
  return letters;
})();

/** A byte-level tokenizer that joins these pairs of tokens. */
export const byteLevel = (merges: readonly (readonly [string, string])[] = []) =>
  tokenizerOf({
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab: Object.fromEntries(
        ['<s>', '</s>', ...BYTE_LETTERS, ...merges.map(([a, b]) => a + b)].map((token, id) => [token, id]),
      ),
      merges,
    },
  });

/** A Unigram tokenizer of these pieces, as SentencePiece makes them. */
export const unigram = (pieces: readonly string[]) =>
  tokenizerOf({
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] },
    pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
    decoder: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 2,
      vocab: ['<s>', '</s>', '<unk>', ...pieces].map((piece, i) => [
        piece,
        i < 3 ? 0 : -1 - piece.length / 99,
      ]),
    },
  });

/** A WordPiece tokenizer of these tokens, in lower case and without accents, as BERT has. */
export const wordPiece = (tokens: readonly string[]) =>
  tokenizerOf({
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(['<s>', '</s>', '[UNK]', ...tokens].map((token, id) => [token, id])),
    },
  });

/** A tokenizer of Marian as the hub has it: the pieces, with their scores, get the ids from 2 on, and its `unk_id` is wrong. */
export const marian = (pieces: readonly (readonly [string, number])[]) => {
  const vocab = [['</s>', 0], ['<unk>', 0], ...pieces, ['<pad>', 0]];
  const end = { SpecialToken: { id: '</s>', type_id: 0 } };
  return {
    tokenizer: json({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [special('</s>', 0), special('<unk>', 1), special('<pad>', vocab.length - 1)],
      normalizer: { type: 'Precompiled', precompiled_charsmap: null },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'WhitespaceSplit' },
          { type: 'Metaspace', replacement: '\u2581', add_prefix_space: true },
        ],
      },
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ Sequence: { id: 'A', type_id: 0 } }, end],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }, end, { Sequence: { id: 'B', type_id: 0 } }, end],
        special_tokens: { '</s>': { id: '</s>', ids: [0], tokens: ['</s>'] } },
      },
      decoder: { type: 'Metaspace', replacement: '\u2581', add_prefix_space: true },
      model: { type: 'Unigram', unk_id: 2, vocab },
    }),
    'tokenizer-config': json({ tokenizer_class: 'MarianTokenizer', unk_token: '<unk>', pad_token: '<pad>' }),
  };
};
