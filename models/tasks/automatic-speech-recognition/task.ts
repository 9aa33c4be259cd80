import { z } from 'zod';
import type { Item } from '../../items/item-batch.ts';
import { contentBytesMax } from '../../items/item-format.ts';
import { textItem } from '../../items/text.ts';
import { type GeneratingStage, generating } from '../generation/program.ts';
import { readRules } from '../generation/rules.ts';
import { generationFields } from '../generation/text-to-text.ts';
import { oneRun } from '../one-run.ts';
import type { Program } from '../program.ts';
import type { StageResult, Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { readText, readTextTruths, writeTexts } from '../text-labels.ts';
import type { TokenStage } from '../token-inputs.ts';
import { readEncoder, TOKENIZER_ASSETS } from '../tokens.ts';
import { type CtcAlphabet, ctcTranscript, readCtcAlphabet } from './ctc.ts';
import {
  FEATURES_ASSET,
  featuresInput,
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
  /** Language of the recordings, which a multilingual Whisper is told. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'expected the code of a language, e.g. "en"')
    .default('en'),
  ...generationFields,
};

interface Stage extends SpeechStage, GeneratingStage, TokenStage {
  readonly language: string;
  readonly beams: number;
  /** The letters of a CTC model, once its assets are read. */
  readonly alphabet?: CtcAlphabet;
}

interface Transcript extends StageResult {
  readonly text: string;
  /** Geometric mean of the probabilities of what was chosen: of the generated tokens, or of the class of each part of the recording. */
  readonly score: number;
}

/** Models with one output for each short part of a recording, such as wav2vec2. */
const ctc: Program<Stage, Transcript> = {
  ...oneRun<Stage, Transcript>({
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

/** Models with an encoder and a decoder, such as Whisper and Moonshine. */
const encoderDecoder = generating<Stage, Item, Transcript>({
  inputs: () => [featuresInput('input_features', true), featuresInput('input_values', true)],
  rowsOf: (_stage, items) => items,
  assets: [...TOKENIZER_ASSETS, FEATURES_ASSET],
  async prepare(stage, assets) {
    const told = readWhisperPrompt(stage.language, assets['generation-config']!);
    return {
      ...stage,
      features: await readFeatures(stage, assets),
      encoder: await readEncoder(assets),
      rules: readRules(assets, { ...stage, prompt: (_file, start) => [start, ...told] }),
    };
  },
  decode: ({ encoder }, { tokens, score }) => ({ task: ID, text: encoder!.text(tokens).trim(), score }),
});

/** The task "automatic-speech-recognition": the text of a recording. The next stage gets the text. */
export const automaticSpeechRecognition: Task<Stage, Transcript, string> = {
  id: ID,
  fields,
  variantFields: ['tokensMax', 'beams'],

  itemFormat: recordings,
  childKind: 'text',
  programs: [ctc, ...encoderDecoder].map(oneSizeAtATime),
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',
  confidence: ({ score }) => score,

  metric: { stage: '1 − WER', pipeline: '1 − WER' },
  judged: 'last',
  readTruths: readTextTruths,
  readLabel: readText,
  writeTruths: writeTexts,
  perfect: (text) => ({ task: ID, text, score: 1 }),
  match({ text }, truth) {
    const { errors, words } = wordErrors(text, truth);
    return [{ predicted: 0, truth: 0, score: { earned: words - errors, possible: words } }];
  },
  tensors: () => [
    { name: 'text', datatype: 'BYTES', columns: 1, rowsOf: ({ text }) => [text] },
    { name: 'score', datatype: 'FP32', columns: 1, rowsOf: ({ score }) => [score] },
  ],
};
