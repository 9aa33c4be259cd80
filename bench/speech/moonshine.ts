import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Writes the recogniser Moonshine tiny in the hub's layout. Its npm package has the real weights (int8), but neither configuration
 * nor tokenizer. The configuration has the values of UsefulSensors/moonshine-tiny. The tokenizer is Llama 2's, with more special
 * tokens.
 *
 * Use: `tsx bench/speech/moonshine.ts MOONSHINE_PACKAGE LLAMA_TOKENIZER_PACKAGE FOLDER`
 */
const [moonshine, llama, folder] = process.argv.slice(2) as [string, string, string];

interface LlamaTokenizer {
  readonly vocabById: readonly string[];
  /** Order of the merges, by the merged pair: `"▁ t"`. */
  readonly merges: ReadonlyMap<string, number>;
}

const { default: tokenizer } = (await import(pathToFileURL(join(llama, 'llama-tokenizer.js')).href)) as {
  readonly default: LlamaTokenizer;
};

const [UNKNOWN, START, END] = ['<unk>', '<s>', '</s>'];
const [START_ID, END_ID] = [1, 2];
const VOCABULARY = 32_768;
const { vocabById } = tokenizer;
const special = [
  ...[UNKNOWN, START, END].map((content, id) => ({ id, content })),
  ...Array.from({ length: VOCABULARY - vocabById.length }, (_, i) => ({
    id: vocabById.length + i,
    content: `<<ST_${i}>>`,
  })),
];

const FILES = {
  'config.json': {
    architectures: ['MoonshineForConditionalGeneration'],
    model_type: 'moonshine',
    decoder_start_token_id: START_ID,
    eos_token_id: END_ID,
    max_position_embeddings: 194,
    vocab_size: VOCABULARY,
  },
  'generation_config.json': {
    decoder_start_token_id: START_ID,
    eos_token_id: END_ID,
    max_length: 194,
  },
  'preprocessor_config.json': {
    feature_extractor_type: 'Wav2Vec2FeatureExtractor',
    do_normalize: false,
    sampling_rate: 16_000,
  },
  'tokenizer_config.json': { clean_up_tokenization_spaces: false, eos_token: END, unk_token: UNKNOWN },
  'tokenizer.json': {
    version: '1.0',
    added_tokens: special.map((token) => ({ ...token, special: true, normalized: false })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: UNKNOWN,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(vocabById.map((token, id) => [token, id])),
      merges: [...tokenizer.merges].sort(([, a], [, b]) => a - b).map(([pair]) => pair),
    },
  },
};

await mkdir(join(folder, 'onnx'), { recursive: true });
for (const [name, content] of Object.entries(FILES))
  await writeFile(join(folder, name), JSON.stringify(content));
for (const part of ['encoder_model', 'decoder_model_merged'])
  await copyFile(
    join(moonshine, 'dist/model/tiny/quantized', `${part}.onnx`),
    join(folder, 'onnx', `${part}_quantized.onnx`),
  );
