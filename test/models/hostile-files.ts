import { describe } from '../../models/hub/describe.ts';
import { withPin } from '../../models/hub/pin.ts';
import { parseRecipe } from '../../models/hub/recipe.ts';
import mail from '../../models/mail/manifest.json' with { type: 'json' };
import { parseManifest } from '../../models/manifests/manifest.ts';
import miniNlp from '../../models/mini-nlp/manifest.json' with { type: 'json' };
import recipe from '../../models/nlp/recipe.json' with { type: 'json' };
import { readCtcAlphabet } from '../../models/tasks/automatic-speech-recognition/ctc.ts';
import { readFeatures } from '../../models/tasks/automatic-speech-recognition/features.ts';
import { readWhisperPrompt } from '../../models/tasks/automatic-speech-recognition/whisper-prompt.ts';
import { constrain } from '../../models/tasks/generation/constrain.ts';
import { readRules } from '../../models/tasks/generation/rules.ts';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { jsonValue } from '../../solver/documents/document.ts';
import type { HostileCase } from './hostile.ts';
import {
  ANSWERER,
  apiAnswer,
  BART,
  MARIAN,
  RESNET,
  RT_DETR,
  SENTIMENT,
  T5,
  TAGGER,
  TIMM,
  VIT,
  WAV2VEC2,
  WHISPER,
  YOLOS,
} from './hub/models.ts';
import { transcribe } from './stages.ts';
import { byteLevel, parsed, tokenizerFiles, unigram, wordPiece } from './tokenizer.ts';

/** The readers of files that come with models, each with valid files to change. */

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const value = (bytes: Uint8Array) => jsonValue(new TextDecoder().decode(bytes), 'the file');

const TOKENIZERS = [
  tokenizerFiles(),
  wordPiece(['good', 'bad', '##ness']),
  byteLevel([['a', 'b']]),
  unigram(['▁', '▁good', 'bad', 'b', 'a', 'd']),
].map((files) => ({
  tokenizer: parsed(files.tokenizer),
  config: { ...parsed(files['tokenizer-config']), padding_side: 'left', additional_special_tokens: ['<a>'] },
}));

const TEXTS = [
  'good bad',
  'a'.repeat(1000),
  'a b '.repeat(200),
  ' \n'.repeat(300),
  'é東😀\u0301\ufdfa'.repeat(200),
  '',
];

async function cutAndJoin(tokenizer: Uint8Array, config: Uint8Array): Promise<void> {
  const encoder = await readEncoder({ tokenizer, 'tokenizer-config': config });
  for (const text of TEXTS) {
    const { ids, spans } = encoder.tokenize(text);
    if (!ids.every(Number.isInteger) || spans.length !== ids.length) throw new Error('tokens without spans');
    encoder.tokens(text, 64);
    encoder.text([0, 1, 2, ...ids, 9_999_999]);
  }
}

const MODELS = [
  ...[RESNET, SENTIMENT, VIT, YOLOS, RT_DETR, TIMM, ANSWERER],
  ...[TAGGER, MARIAN, BART, T5, WHISPER, WAV2VEC2],
] as readonly Readonly<Partial<Record<'config' | 'generation' | 'preprocessor' | 'tokenizer', object>>>[];
const SIZES = Object.fromEntries(
  [
    ...['model', 'encoder_model', 'decoder_model_merged'].map((name) => `onnx/${name}.onnx`),
    ...['config', 'generation_config', 'preprocessor_config', 'tokenizer', 'tokenizer_config'].map(
      (name) => `${name}.json`,
    ),
  ].map((path) => [path, 9]),
);
/** Repositories of a hub: their files by name, and what the hub says of them. */
const REPOSITORIES = MODELS.map(
  ({ config, generation = {}, preprocessor = {}, tokenizer = {} }): Readonly<Record<string, unknown>> => ({
    'config.json': config,
    'generation_config.json': { ...generation },
    'preprocessor_config.json': { ...RESNET.preprocessor, ...preprocessor },
    'tokenizer.json': {},
    'tokenizer_config.json': { ...tokenizer },
    // For a model of timm the hub names the task, and for one of T5 the user does.
    api: apiAnswer(
      'own/model',
      SIZES,
      config === TIMM.config ? { pipeline_tag: 'image-classification' } : {},
    ),
    task: config === T5.config ? 'summarization' : undefined,
  }),
);

/** Pins a repository of which one file was changed. */
const pinned = (name: string): HostileCase => ({
  files: REPOSITORIES.map((files) => files[name]),
  async read(bytes, valid) {
    const files = REPOSITORIES.find((own) => own[name] === valid)!;
    const hub = {
      endpoint: 'https://hub',
      async bytes(url: string) {
        const path = url.includes('/api/') ? 'api' : url.replace(/^.*\//, '');
        return path === name ? bytes : bytesOf(files[path]);
      },
    };
    const task = files.task as string | undefined;
    withPin(null, await describe(hub, { id: 'own/model', revision: 'main' }, { task }));
  },
});

const CONFIG = {
  ...{ decoder_start_token_id: 1, eos_token_id: [2, 3], pad_token_id: 0, forced_bos_token_id: 4 },
  ...{ suppress_tokens: [5, 6], begin_suppress_tokens: [7], bad_words_ids: [[8], [9, 10]] },
  ...{ no_repeat_ngram_size: 2, repetition_penalty: 1.2, min_length: 3, length_penalty: 0.8 },
  ...{ early_stopping: true, max_position_embeddings: 20 },
  task_specific_params: { translation: { min_length: 2 } },
};

function generateWith(config: Uint8Array, generation: Uint8Array): void {
  const limits = { task: 'translation', tokensMax: 8, beams: 2 };
  const rules = readRules({ config, 'generation-config': generation }, limits);
  for (const tokens of [[], [1], [1, 2, 1, 2, 9]])
    constrain(
      Float32Array.from({ length: 20 }, (_, i) => i - 10),
      tokens,
      rules,
    );
}

const WHISPER_FEATURES = {
  ...{
    feature_extractor_type: 'WhisperFeatureExtractor',
    feature_size: 8,
    sampling_rate: 16_000,
    n_fft: 400,
  },
  ...{ hop_length: 160, n_samples: 32_000, nb_max_frames: 200 },
};
const RAW_SAMPLES = {
  feature_extractor_type: 'Wav2Vec2FeatureExtractor',
  sampling_rate: 16_000,
  do_normalize: true,
};

async function hear(bytes: Uint8Array): Promise<void> {
  const { dimsOf, write } = await readFeatures(transcribe, { 'preprocessor-config': bytes });
  const size = dimsOf(1600).reduce((product, dim) => product * dim);
  write(new Float32Array(1600).fill(0.1), new Float32Array(size));
}

const CTC = {
  model: { vocab: { '<pad>': 0, '|': 1, a: 2, b: 3 } },
  added_tokens: [{ id: 4, content: '<s>', special: true }],
  decoder: { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|' },
};
const WHISPER_PROMPT = {
  ...{
    is_multilingual: true,
    lang_to_id: { '<|en|>': 5 },
    task_to_id: { transcribe: 6 },
    no_timestamps_token_id: 7,
  },
};

export const HOSTILE_FILES: Readonly<Record<string, HostileCase>> = {
  'tokenizer.json': {
    files: TOKENIZERS.map(({ tokenizer }) => tokenizer),
    read: (bytes) => cutAndJoin(bytes, bytesOf({ pad_token: '[PAD]' })),
  },
  'tokenizer_config.json': {
    files: TOKENIZERS.map(({ config }) => config),
    read: (bytes, valid) =>
      cutAndJoin(bytesOf(TOKENIZERS.find(({ config }) => config === valid)!.tokenizer), bytes),
  },
  'tokenizer.json of letters': { files: [CTC], read: readCtcAlphabet },
  'config.json with rules': { files: [CONFIG], read: (bytes) => generateWith(bytes, bytesOf({})) },
  'generation_config.json with rules': {
    files: [CONFIG],
    read: (bytes) => generateWith(bytesOf(CONFIG), bytes),
  },
  'generation_config.json of Whisper': {
    files: [WHISPER_PROMPT],
    read: (bytes) => readWhisperPrompt('en', bytes),
  },
  'preprocessor_config.json of sounds': { files: [WHISPER_FEATURES, RAW_SAMPLES], read: hear },
  'config.json of a hub': pinned('config.json'),
  'generation_config.json of a hub': pinned('generation_config.json'),
  'preprocessor_config.json of a hub': pinned('preprocessor_config.json'),
  'tokenizer_config.json of a hub': pinned('tokenizer_config.json'),
  "a hub's description": pinned('api'),
  'a recipe': { files: [recipe], read: (bytes) => parseRecipe(value(bytes), 'recipe.json') },
  'a manifest': { files: [mail, miniNlp], read: (bytes) => parseManifest(value(bytes), 'manifest.json') },
};
