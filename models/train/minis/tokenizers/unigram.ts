import { sum } from '../../../../solver/math/statistics.ts';
import { byCount, countsOf } from './counts.ts';
import { added, POSITIONS, plainJson, sequence, special, type TokenizerFiles, template } from './files.ts';

/** A Unigram tokenizer like Marian's, of frequent words and letters. `<pad>`, with which the decoder starts, has the last id. */
export function unigram(texts: readonly string[], minCount: number): TokenizerFiles {
  const words = countsOf(
    texts.flatMap((text) =>
      text.split(/\s+/).flatMap((word) => `▁${word}`.match(/▁?[\p{L}'-]+|[^\p{L}'-]+/gu) ?? []),
    ),
  );
  const total = sum([...words.values()]);
  const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const letters = [...new Set(['▁', ...[...words.keys()].join(''), ...ascii])].sort();
  const frequent = byCount(words).filter(([word, count]) => count >= minCount && [...word].length > 1);
  const vocab = [
    ['</s>', 0],
    ['<unk>', 0],
    ...frequent.map(([word, count]) => [word, Math.log(count / total)] as const),
    ...letters.map((letter) => [letter, Math.log(1e-7)] as const),
    ['<pad>', 0],
  ];
  const end = special('</s>');
  return {
    json: {
      ...plainJson,
      added_tokens: [added(0, '</s>'), added(1, '<unk>'), added(vocab.length - 1, '<pad>')],
      normalizer: { type: 'NFKC' },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'WhitespaceSplit' },
          { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
        ],
      },
      post_processor: template([sequence('A'), end], [sequence('A'), end, sequence('B'), end], { '</s>': 0 }),
      decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
      model: { type: 'Unigram', unk_id: 1, vocab },
    },
    config: {
      tokenizer_class: 'MarianTokenizer',
      source_lang: 'fr',
      target_lang: 'en',
      eos_token: '</s>',
      unk_token: '<unk>',
      pad_token: '<pad>',
      model_max_length: POSITIONS,
      separate_vocabs: false,
      clean_up_tokenization_spaces: true,
    },
  };
}
