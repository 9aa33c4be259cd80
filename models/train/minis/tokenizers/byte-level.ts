import { learnBytePairs } from './byte-pairs.ts';
import { added, POSITIONS, plainJson, sequence, special, type TokenizerFiles, template } from './files.ts';

const byteLevelModel = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: '',
  end_of_word_suffix: '',
  fuse_unk: false,
};
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** A byte-pair tokenizer like BART's. The first special tokens have BART's ids: `<s>` 0, `<pad>` 1, `</s>` 2. */
export function bart(texts: readonly string[], merges: number): TokenizerFiles {
  const specials = ['<s>', '<pad>', '</s>', '<unk>'];
  const pairs = learnBytePairs(texts, merges, specials);
  return {
    json: {
      ...plainJson,
      added_tokens: specials.map((token, id) => added(id, token)),
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: {
        type: 'RobertaProcessing',
        sep: ['</s>', 2],
        cls: ['<s>', 0],
        trim_offsets: true,
        add_prefix_space: false,
      },
      decoder: { ...byteLevel, add_prefix_space: true },
      model: { ...byteLevelModel, ...pairs },
    },
    config: {
      tokenizer_class: 'BartTokenizer',
      bos_token: '<s>',
      eos_token: '</s>',
      sep_token: '</s>',
      cls_token: '<s>',
      unk_token: '<unk>',
      pad_token: '<pad>',
      model_max_length: POSITIONS,
      add_prefix_space: false,
      clean_up_tokenization_spaces: false,
    },
  };
}

const WHISPER_SPECIALS = ['<|endoftext|>', '<|startoftranscript|>', '<|notimestamps|>'];

/** A byte-pair tokenizer like that of the English Whisper models: the special tokens have higher ids than all other tokens. */
export function whisper(texts: readonly string[], merges: number): TokenizerFiles {
  const pairs = learnBytePairs(texts, merges, []);
  const size = Object.keys(pairs.vocab).length;
  const [end, start, noTimes] = WHISPER_SPECIALS;
  const ids = Object.fromEntries(WHISPER_SPECIALS.map((token, i) => [token, size + i]));
  return {
    json: {
      ...plainJson,
      added_tokens: WHISPER_SPECIALS.map((token) => added(ids[token]!, token)),
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: template(
        [special(start!), special(noTimes!), sequence('A'), special(end!)],
        [sequence('A'), sequence('B', 1)],
        ids,
      ),
      decoder: { ...byteLevel, add_prefix_space: true },
      model: { ...byteLevelModel, ...pairs },
    },
    config: {
      tokenizer_class: 'WhisperTokenizer',
      bos_token: end,
      eos_token: end,
      unk_token: end,
      pad_token: end,
      model_max_length: 64,
      add_prefix_space: false,
      clean_up_tokenization_spaces: true,
    },
  };
}
