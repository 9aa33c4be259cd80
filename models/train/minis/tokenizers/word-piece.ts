import { byCount, countsOf } from './counts.ts';
import { added, POSITIONS, plainJson, sequence, special, type TokenizerFiles, template } from './files.ts';

/**
 * Makes a lower-case WordPiece tokenizer like BERT's, with letters, the most frequent words, and the most frequent pieces of
 * words as tokens.
 * @param words number of whole words
 * @param pieces number of pieces of two to four letters
 */
export function wordPiece(texts: readonly string[], words: number, pieces: number): TokenizerFiles {
  const lower = texts.map((text) =>
    text
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, ''),
  );
  const counts = countsOf(lower.flatMap((text) => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []));
  const inner = new Map<string, number>();
  for (const [word, count] of counts)
    for (const length of [2, 3, 4])
      for (let i = 0; i + length <= word.length; i++) {
        const piece = `${i > 0 ? '##' : ''}${word.slice(i, i + length)}`;
        inner.set(piece, (inner.get(piece) ?? 0) + count);
      }
  const letters = [...new Set([...counts.keys()].join(''))].sort();
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const tokens = new Set([
    ...specials,
    ...letters,
    ...letters.map((letter) => `##${letter}`),
    ...byCount(counts)
      .slice(0, words)
      .map(([word]) => word),
    ...byCount(inner)
      .slice(0, pieces)
      .map(([piece]) => piece),
  ]);
  return {
    json: {
      ...plainJson,
      added_tokens: specials.map((token, id) => added(id, token)),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: template(
        [special('[CLS]'), sequence('A'), special('[SEP]')],
        [special('[CLS]'), sequence('A'), special('[SEP]'), sequence('B', 1), special('[SEP]', 1)],
        { '[CLS]': 2, '[SEP]': 3 },
      ),
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])),
      },
    },
    config: {
      tokenizer_class: 'DistilBertTokenizer',
      do_lower_case: true,
      unk_token: '[UNK]',
      sep_token: '[SEP]',
      pad_token: '[PAD]',
      cls_token: '[CLS]',
      mask_token: '[MASK]',
      model_max_length: POSITIONS,
      clean_up_tokenization_spaces: true,
      strip_accents: null,
      tokenize_chinese_chars: true,
    },
  };
}
