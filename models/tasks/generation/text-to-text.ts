import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import { TEXT_FORMAT } from '../../items/text.ts';
import type { Task } from '../task.ts';
import { type TextResult, writing } from '../text-results.ts';
import { TEXT_INPUTS, type TextStage } from '../token-inputs.ts';
import { TOKENIZER_ASSETS, withEncoder } from '../tokens.ts';
import { type GeneratingStage, generating } from './program.ts';
import { readRules } from './rules.ts';

/** Manifest fields: the maximum number of generated tokens, and the number of beams (1 is greedy search). */
export const generationFields = {
  tokensMax: positiveCount.max(4096),
  beams: positiveCount.max(16).default(1),
};

const fields = {
  input: z.strictObject({
    /** Maximum number of tokens that the models read of a text. */
    length: positiveCount.max(8192),
    /** Prefix that the models get before each text, e.g. `summarize: `. */
    prefix: z.string().max(200).default(''),
  }),
  ...generationFields,
};

export interface TextToTextStage extends GeneratingStage, TextStage {
  readonly input: z.output<typeof fields.input>;
  readonly beams: number;
}

/** The parts in which text-to-text tasks differ. */
interface TextToText {
  readonly id: string;
  readonly metric: string;
  /** The metric for one text, from 0 to 1. */
  scoreOf(text: string, truth: string): number;
}

/** Makes a text-to-text task, for models with an encoder and a decoder. Its metric's value is the mean of the texts' scores. */
export const textToText = ({
  id,
  metric,
  scoreOf,
}: TextToText): Task<TextToTextStage, TextResult, string> => ({
  id,
  fields,
  variantFields: ['input', 'tokensMax', 'beams'],
  itemFormat: () => TEXT_FORMAT,
  programs: generating<TextToTextStage, TextResult>({
    inputs: TEXT_INPUTS,
    assets: TOKENIZER_ASSETS,
    prepare: async (stage, assets) => ({
      ...(await withEncoder(stage, assets)),
      rules: readRules(assets, stage),
    }),
    decode: ({ encoder }, { tokens, score }) => ({ task: id, text: encoder!.text(tokens), score }),
  }),
  ...writing(id, metric, (text, truth) => ({ earned: scoreOf(text, truth), possible: 1 })),
});
