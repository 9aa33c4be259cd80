import { z } from 'zod';
import { type GeneratingStage, generating } from '../generation/program.ts';
import { readRules } from '../generation/rules.ts';
import { generationFields } from '../generation/text-to-text.ts';
import { oneRun } from '../one-run.ts';
import type { Program } from '../program.ts';
import type { Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { type TextResult, writing } from '../text-results.ts';
import type { TokenStage } from '../token-inputs.ts';
import { TOKENIZER_ASSETS, withEncoder } from '../tokens.ts';
import { type CtcAlphabet, ctcTranscript, readCtcAlphabet } from './ctc.ts';
import {
  FEATURES_ASSET,
  featuresInput,
  lengthOf,
  readFeatures,
  recordings,
  type SpeechStage,
  samplesMask,
  speechInput,
} from './features.ts';
import { oneSizeAtATime } from './one-size.ts';
import { readWhisperPrompt } from './whisper-prompt.ts';
import { wordErrors } from './word-errors.ts';

const ID = 'automatic-speech-recognition';

const fields = {
  input: speechInput,
  /** Language of the recordings: a multilingual Whisper gets it in its prompt, and for Moonshine it sets the limit on tokens. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'expected the code of a language, e.g. "en"')
    .default('en'),
  ...generationFields,
};

interface Stage extends SpeechStage, GeneratingStage, TokenStage {
  readonly language: string;
  readonly beams: number;
  /** The alphabet of a CTC model; set once the variant's assets are read. */
  readonly alphabet?: CtcAlphabet;
}

/** CTC models, which give one output for each frame of a recording, such as wav2vec2. */
const ctc: Program<Stage, TextResult> = {
  ...oneRun<Stage, TextResult>({
    inputs: () => [featuresInput('input_values', false), samplesMask],
    outputs: () => [{ name: 'logits', types: FLOATS, dims: [null, null] }],
    decode: ({ alphabet }, [logits]) => ({
      task: ID,
      ...ctcTranscript(logits!.values, logits!.dims[1]!, alphabet!),
    }),
  }),
  assets: () => ['tokenizer', FEATURES_ASSET],
  async prepare(stage, assets) {
    return {
      ...stage,
      features: await readFeatures(stage, assets),
      alphabet: readCtcAlphabet(assets.tokenizer!),
    };
  },
};

/**
 * Limit on generated tokens for each second of speech, as Moonshine's authors set it, because the model may repeat words
 * endlessly. Other languages need more tokens than English.
 */
const TOKENS_PER_SECOND = { english: 6.5, others: 13 };

/** Models with an encoder and a decoder, such as Whisper and Moonshine. */
const encoderDecoder = generating<Stage, TextResult>({
  inputs: [featuresInput('input_features', true), featuresInput('input_values', true), samplesMask],
  assets: [...TOKENIZER_ASSETS, FEATURES_ASSET],
  async prepare(stage, assets) {
    const promptIds = readWhisperPrompt(stage.language, assets['generation-config']!);
    return {
      ...(await withEncoder(stage, assets)),
      features: await readFeatures(stage, assets),
      rules: readRules(assets, { ...stage, promptIds }),
    };
  },
  rulesFor({ rules, features, language, input }, items) {
    const { tensor, dimsOf } = features!;
    if (tensor === 'input_features') return rules!;
    const seconds = dimsOf(lengthOf(items[0]!))[0]! / input.sampleRateHz;
    const perSecond = TOKENS_PER_SECOND[language === 'en' ? 'english' : 'others'];
    return { ...rules!, tokensMax: Math.min(rules!.tokensMax, Math.ceil(perSecond * seconds)) };
  },
  decode: ({ encoder }, { tokens, score }) => ({ task: ID, text: encoder!.text(tokens), score }),
});

/** The task "automatic-speech-recognition": the text of a recording. The next stage gets the text. */
export const automaticSpeechRecognition: Task<Stage, TextResult, string> = {
  id: ID,
  fields,
  variantFields: ['tokensMax', 'beams'],

  itemFormat: recordings,
  childKind: 'text',
  programs: [ctc, ...encoderDecoder].map(oneSizeAtATime),
  ...writing(ID, '1 − WER', (text, truth) => {
    const { errors, words } = wordErrors(text, truth);
    return { earned: words - errors, possible: words };
  }),
};
