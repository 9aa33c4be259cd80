import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import { checkItem, contentBytesMax, type ItemFormat } from '../../items/item-format.ts';
import { TEXT_BYTES_MAX, textItem } from '../../items/text.ts';
import type { StageResult, Task } from '../task.ts';
import { readText, readTextTruths, writeTexts } from '../text-labels.ts';
import { TOKEN_INPUTS, type TokenStage } from '../token-inputs.ts';
import { readEncoder, TOKENIZER_ASSETS, type Tokens } from '../tokens.ts';
import { type GeneratingStage, generating } from './program.ts';
import { readRules } from './rules.ts';

const FORMAT: ItemFormat = { kind: 'text', bytesMax: TEXT_BYTES_MAX };

/** Manifest fields: how many tokens are generated at most, and with how many beams; 1 is greedy. */
export const generationFields = {
  tokensMax: positiveCount.max(4096),
  beams: positiveCount.max(16).default(1),
};

const fields = {
  input: z.strictObject({
    /** Most tokens that the models read of a text. */
    length: positiveCount.max(8192),
    /** What stands before each text for the models, e.g. `summarize: `. */
    prefix: z.string().max(200).default(''),
  }),
  ...generationFields,
};

export interface TextToTextStage extends GeneratingStage, TokenStage {
  readonly input: z.output<typeof fields.input>;
  readonly beams: number;
}

/** A generated text. */
export interface TextResult extends StageResult {
  readonly text: string;
  /** Geometric mean of the tokens' probabilities. */
  readonly score: number;
}

/** What a task that makes a text of a text adds. */
interface TextToText {
  readonly id: string;
  /** Name of the metric. */
  readonly metric: string;
  /** The metric for one text, from 0 to 1. */
  scoreOf(text: string, truth: string): number;
}

/**
 * A task that makes a text of a text with an encoder and a decoder. Its value is the mean of the texts' scores. The next stage gets
 * the text that was made.
 */
export const textToText = ({
  id,
  metric,
  scoreOf,
}: TextToText): Task<TextToTextStage, TextResult, string> => ({
  id,
  fields,
  variantFields: ['input', 'tokensMax', 'beams'],
  itemFormat: () => FORMAT,
  programs: generating<TextToTextStage, Tokens, TextResult>({
    inputs: () => TOKEN_INPUTS,
    rowsOf({ name, input, encoder }, items) {
      const decoder = new TextDecoder();
      return items.map((item) => {
        checkItem(name, FORMAT, item);
        return encoder!.tokens(input.prefix + decoder.decode(item), input.length);
      });
    },
    assets: TOKENIZER_ASSETS,
    async prepare(stage, assets) {
      return { ...stage, encoder: await readEncoder(assets), rules: readRules(assets, stage) };
    },
    decode: ({ encoder }, { tokens, score }) => ({ task: id, text: encoder!.text(tokens), score }),
  }),
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',
  confidence: ({ score }) => score,

  metric: { stage: metric, pipeline: metric },
  judged: 'last',
  readTruths: readTextTruths,
  readLabel: readText,
  writeTruths: writeTexts,
  perfect: (text) => ({ task: id, text, score: 1 }),
  match: ({ text }, truth) => [
    { predicted: 0, truth: 0, score: { earned: scoreOf(text, truth), possible: 1 } },
  ],
  tensors: () => [
    { name: 'text', datatype: 'BYTES', columns: 1, rowsOf: ({ text }) => [text] },
    { name: 'score', datatype: 'FP32', columns: 1, rowsOf: ({ score }) => [score] },
  ],
});
