import type { StageResult } from '../../../models/tasks/task.ts';
import type { Span, TaskView } from './task-view.ts';

interface Answer extends StageResult, Span {
  readonly text: string;
}

const NO_ANSWER = 'no answer';

/** The view of answers to questions: the answer is marked in the text that it is from. */
export const questionAnswering: TaskView = {
  makesTexts: true,
  spans(of) {
    if (!('result' in of)) return [null];
    const { text, start, end } = of.result as Answer;
    return [text === '' ? null : { start, end }];
  },
  words: (_stage, of) =>
    ('result' in of ? (of.result as Answer).text : (of.truth as readonly string[]).join(' / ')) || NO_ANSWER,
  passedOn: () => 'every answer',
};
