import { z } from 'zod';
import { splitFields } from '../../items/fields.ts';
import type { Item } from '../../items/item-batch.ts';
import { checkItem, type ItemFormat } from '../../items/item-format.ts';
import { TEXT_FORMAT, textOf } from '../../items/text.ts';
import type { ItemOutput } from '../one-run.ts';
import type { Program } from '../program.ts';
import { columnOf } from '../result-columns.ts';
import type { Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { alternativesOf, labelOfAlternatives, readText, readTextTruths, writeTexts } from '../text-labels.ts';
import { passingTextOn, type TextResult } from '../text-results.ts';
import { exactMatch, tokenF1 } from '../text-scores/squad.ts';
import { paddingBefore, type TextStage } from '../token-inputs.ts';
import type { Span } from '../token-spans.ts';
import { InvalidTokenizerError } from '../tokenizer-errors.ts';
import { type Encoder, withEncoder } from '../tokens.ts';
import { windowed } from '../windowed.ts';
import { type Window, type WindowSize, windowField, windowsOf } from '../windows.ts';
import { type Answer, bestAnswer, type WindowLogits } from './answers.ts';

const ID = 'question-answering';

interface Stage extends TextStage {
  /** Size of the models' rows. A row has the question (at most half of the row), a window of the text, and special tokens. */
  readonly input: WindowSize;
  /** Whether the models can report that a text has no answer, as those trained on SQuAD 2 can. */
  readonly unanswerable: boolean;
}

type Result = TextResult & Answer;

/** The answers that count as right. If the text does not answer the question, the empty answer is the right one. */
type Alternatives = readonly string[];

const FORMAT: ItemFormat = { ...TEXT_FORMAT, fields: ['question'] };

const column = columnOf((result: Result) => [result]);

const OUTPUTS = ['start_logits', 'end_logits'].map((name) => ({ name, types: FLOATS, dims: [null] }));

/** A text with the spans of its tokens, cut into windows that all begin with the question. */
interface AskedText {
  readonly text: string;
  readonly spans: readonly Span[];
  readonly windows: readonly Window[];
}

function cut({ name, encoder, input }: Stage, item: Item, length: number): AskedText {
  checkItem(name, FORMAT, item);
  const { content, texts } = splitFields(FORMAT, item);
  const text = textOf(content);
  const { ids, spans } = encoder!.tokenize(text);
  const question = encoder!.ids(textOf(texts[0]!));
  return { text, spans, windows: windowsOf(encoder!.pair!, ids, { ...input, length }, question) };
}

/** Extracts the logits of a window's text tokens. @param outputs of the window's row, padding included */
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
  ...windowed<Stage, AskedText, Result>({
    outputs: () => OUTPUTS,
    cut,
    decode({ encoder, unanswerable }, { text, spans, windows }, outputs) {
      const logits = windows.map((window, w) => logitsOf(encoder!, window, outputs[w]!));
      return { task: ID, ...bestAnswer(text, spans, logits, unanswerable) };
    },
  }),
  async prepare(stage, assets) {
    const prepared = await withEncoder(stage, assets);
    if (!prepared.encoder.pair) throw new InvalidTokenizerError('it does not join a question with a text');
    return prepared;
  },
};

/**
 * The task "question-answering": finds the answer to an item's field `question` in the item's text. The next stage gets the
 * answer as a text.
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
  ...passingTextOn,

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
    column('answer', 'BYTES', ({ text }) => text),
    column('score', 'FP32', ({ score }) => score),
    column('start', 'INT32', ({ start }) => start),
    column('end', 'INT32', ({ end }) => end),
  ],
};
