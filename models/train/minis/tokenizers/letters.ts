import { added, plainJson, type TokenizerFiles } from './files.ts';

/** A tokenizer of capital letters, like wav2vec2's: `<pad>` is the blank of CTC, "|" stands between words. */
export function letters(): TokenizerFiles {
  const tokens = ['<pad>', '<s>', '</s>', '<unk>', '|', ...'ETAOINHSRDLUMWCFGYPBVKXJQZ', "'"];
  return {
    json: {
      ...plainJson,
      added_tokens: tokens.slice(0, 4).map((token, id) => added(id, token)),
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '|' },
      pre_tokenizer: { type: 'Split', pattern: { Regex: '' }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
      model: {
        type: 'WordLevel',
        unk_token: '<unk>',
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      },
    },
    config: {
      tokenizer_class: 'Wav2Vec2CTCTokenizer',
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      pad_token: '<pad>',
      do_lower_case: false,
      word_delimiter_token: '|',
      model_max_length: 9_007_199_254_740_991,
      clean_up_tokenization_spaces: true,
    },
  };
}
