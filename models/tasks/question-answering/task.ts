import { z } from 'zod';
import { splitFields } from '../../items/fields.ts';
import type { Item } from '../../items/item-batch.ts';
import { checkItem, contentBytesMax, type ItemFormat } from '../../items/item-format.ts';
import { TEXT_BYTES_MAX, textItem } from '../../items/text.ts';
import { type ItemOutput, runRows } from '../one-run.ts';
import type { Program } from '../program.ts';
import type { StageResult, Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { alternativesOf, labelOfAlternatives, readText, readTextTruths, writeTexts } from '../text-labels.ts';
import { exactMatch, tokenF1 } from '../text-scores/squad.ts';
import { fixedLength, paddingBefore, TOKEN_INPUTS, type TokenStage } from '../token-inputs.ts';
import { InvalidTokenizerError } from '../tokenizer-errors.ts';
import { type Encoder, readEncoder, TOKENIZER_ASSETS } from '../tokens.ts';
import { type Window, type WindowSize, windowField, windowsOf } from '../windows.ts';
import { type Answer, bestAnswer, type WindowLogits } from './answers.ts';

const ID = 'question-answering';

interface Stage extends TokenStage {
  /** The size of rows of a question, a part of the text and special tokens. The question has at most half of a row. */
  readonly input: WindowSize;
  /** Whether the models can say that a text has no answer, as those trained on SQuAD 2 do. */
  readonly unanswerable: boolean;
}

interface Result extends StageResult, Answer {
  readonly task: typeof ID;
}

/** The answers that count as right. If the text does not answer the question, the empty answer is the right one. */
type Alternatives = readonly string[];

const FORMAT: ItemFormat = { kind: 'text', bytesMax: TEXT_BYTES_MAX, fields: ['question'] };

const OUTPUTS = ['start_logits', 'end_logits'].map((name) => ({ name, types: FLOATS, dims: [null] }));

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** An item's text with the spans of its tokens, cut into windows that all begin with the question. */
function windowsOfItem({ name, encoder, input }: Stage, item: Item, length: number) {
  checkItem(name, FORMAT, item);
  const { content, texts } = splitFields(FORMAT, item);
  const text = decoder.decode(content);
  const { ids, spans } = encoder!.tokenize(text);
  const question = encoder!.tokenize(decoder.decode(texts[0])).ids;
  return { text, spans, windows: windowsOf(encoder!.pair!, ids, { ...input, length }, question) };
}

/** The logits of a window's text. @param outputs of the row, with padding */
function logitsOf(encoder: Encoder, window: Window, [starts, ends]: readonly ItemOutput[]): WindowLogits {
  const before = paddingBefore(encoder, window, starts!.values.length);
  const own = ({ values }: ItemOutput) =>
    values.subarray(before + window.at, before + window.at + window.count);
  return {
    from: window.from,
    starts: own(starts!),
    ends: own(ends!),
    none: { start: starts!.values[before]!, end: ends!.values[before]! },
  };
}

const extractive: Program<Stage, Result> = {
  assets: () => TOKENIZER_ASSETS,
  async prepare(stage, assets) {
    const encoder = await readEncoder(assets);
    if (!encoder.pair) throw new InvalidTokenizerError('it does not join a question with a text');
    return { ...stage, encoder };
  },
  signatures: (stage) => ({
    model: { inputs: TOKEN_INPUTS.map(({ spec }) => spec(stage)), outputs: OUTPUTS },
  }),
  async run(stage, items, { model }, scratch) {
    const length = fixedLength(model!) ?? stage.input.length;
    const texts = items.map((item) => windowsOfItem(stage, item, length));
    const rows = texts.flatMap(({ windows }) => windows);
    const run = await runRows(
      { stage, inputs: TOKEN_INPUTS, outputs: OUTPUTS, rows, most: items.length },
      model!,
      scratch,
    );
    let row = 0;
    const results = texts.map(({ text, spans, windows }): Result => {
      const logits = windows.map((window) => logitsOf(stage.encoder!, window, run.results[row++]!));
      return { task: ID, ...bestAnswer(text, spans, logits, stage.unanswerable) };
    });
    return { ...run, results };
  },
};

/**
 * The task "question-answering": finds the answer to an item's field `question` in the item's text. The next stage gets the answer
 * as a text.
 */
export const questionAnswering: Task<Stage, Result, Alternatives> = {
  id: ID,
  fields: {
    input: windowField,
    unanswerable: z.boolean().default(false),
  },
  variantFields: ['input'],

  itemFormat: () => FORMAT,
  programs: [extractive],
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',
  confidence: ({ score }) => score,

  metric: { stage: 'token F1', pipeline: 'token F1' },
  judged: 'always',
  otherMetrics(results, truths) {
    const matches = results.reduce((sum, { text }, i) => sum + exactMatch(text, truths[i]!), 0);
    return { 'exact match': matches / Math.max(1, results.length) };
  },
  readTruths(file, stage, rows) {
    const { truths, ...others } = readTextTruths(file, stage, rows);
    return { ...others, truths: truths.map((text) => (text === null ? null : alternativesOf(text))) };
  },
  readLabel: (stage, label) =>
    alternativesOf(
      Array.isArray(label)
        ? labelOfAlternatives(label.map((one) => readText(stage, one)))
        : readText(stage, label),
    ),
  writeTruths: (stage, truths) =>
    writeTexts(
      stage,
      truths.map((alternatives) => alternatives && labelOfAlternatives(alternatives)),
    ),
  perfect: ([answer]) => ({ task: ID, text: answer!, start: 0, end: 0, score: 1 }),
  match: ({ text }, alternatives) => [
    { predicted: 0, truth: 0, score: { earned: tokenF1(text, alternatives), possible: 1 } },
  ],

  tensors: () => [
    { name: 'answer', datatype: 'BYTES', columns: 1, rowsOf: ({ text }) => [text] },
    { name: 'score', datatype: 'FP32', columns: 1, rowsOf: ({ score }) => [score] },
    { name: 'start', datatype: 'INT32', columns: 1, rowsOf: ({ start }) => [start] },
    { name: 'end', datatype: 'INT32', columns: 1, rowsOf: ({ end }) => [end] },
  ],
};
