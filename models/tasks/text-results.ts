import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { contentBytesMax } from '../items/item-format.ts';
import { textItem } from '../items/text.ts';
import { LabelError } from './label-error.ts';
import { columnOf } from './result-columns.ts';
import type { Score } from './score.ts';
import type { StageResult, Task } from './task.ts';
import { readText, readTextTruths, writeTexts } from './text-labels.ts';

/** Members of `Task` that all tasks with texts as results share. */

export interface TextResult extends StageResult {
  readonly text: string;
  /** Probability of the text, or a mean of the probabilities of its parts, e.g. of its tokens. */
  readonly score: number;
}

/** Members of a task that passes the text of its result on to the next stage. */
export const passingTextOn = {
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',
  confidence: ({ score }) => score,
} satisfies Partial<Task<ManifestStage, TextResult>>;

/** Reads a label that is a text. An empty text is refused, because it means in a pack that there is no label. @throws LabelError */
function readWritten(stage: Pick<ManifestStage, 'name'>, label: unknown): string {
  const text = readText(stage, label);
  if (text !== '') return text;
  throw new LabelError(
    `stage "${stage.name}" has an empty text as its label`,
    'Write the text, or leave the label out where the item never reaches the stage.',
  );
}

const column = columnOf((result: TextResult) => [result]);

/**
 * Members of a task whose results and labels are texts. If there is a later stage, the later stage's answer is scored instead.
 * @param metric name of the task's metric
 * @param scoreOf gives the points of a text
 */
export const writing = (task: string, metric: string, scoreOf: (text: string, truth: string) => Score) =>
  ({
    ...passingTextOn,
    metric: { stage: metric, pipeline: metric },
    judged: 'last',
    readTruths: readTextTruths,
    readLabel: readWritten,
    writeTruths: writeTexts,
    perfect: (text) => ({ task, text, score: 1 }),
    match: ({ text }, truth) => [
      {
        predicted: 0,
        truth: 0,
        // A getter computes the score only if a caller reads it: comparing long texts takes time, and if a later stage is scored
        // instead, nobody reads this score.
        get score() {
          return scoreOf(text, truth);
        },
      },
    ],
    tensors: () => [
      column('text', 'BYTES', ({ text }) => text),
      column('score', 'FP32', ({ score }) => score),
    ],
  }) satisfies Partial<Task<ManifestStage, TextResult, string>>;
