import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { contentBytesMax } from '../items/item-format.ts';
import { textItem } from '../items/text.ts';
import { columnOf } from './result-columns.ts';
import type { Score } from './score.ts';
import type { StageResult, Task } from './task.ts';
import { readText, readTextTruths, writeTexts } from './text-labels.ts';

/** This file has what all tasks share whose results are texts. */

export interface TextResult extends StageResult {
  readonly text: string;
  /** Probability of the text, or a mean of those of its parts. */
  readonly score: number;
}

/** The members of a task that gives the next stage its text. */
export const passingTextOn = {
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',
  confidence: ({ score }) => score,
} satisfies Partial<Task<ManifestStage, TextResult>>;

const column = columnOf((result: TextResult) => [result]);

/**
 * The members of a task whose labels are texts too, which a later stage's answer judges if there is one.
 * @param metric its name
 * @param scoreOf the points of a text
 */
export const writing = (task: string, metric: string, scoreOf: (text: string, truth: string) => Score) =>
  ({
    ...passingTextOn,
    metric: { stage: metric, pipeline: metric },
    judged: 'last',
    readTruths: readTextTruths,
    readLabel: readText,
    writeTruths: writeTexts,
    perfect: (text) => ({ task, text, score: 1 }),
    match: ({ text }, truth) => [
      {
        predicted: 0,
        truth: 0,
        // Computed when it is read: comparing long texts takes time, and where a later stage judges the text, nobody reads it.
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
