import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { STRIDE, textLengthOf } from '../../hub/text-length.ts';

/** Matches the ids of models that were trained on SQuAD 2, where a text may have no answer. */
const WITHOUT_ANSWERS = /squad[-_]?v?2/i;

export const answerers: HubKind = {
  task: 'question-answering',
  stageName: 'answer',
  models: 'a model that answers questions (…ForQuestionAnswering)',
  fits: fitsBy(/ForQuestionAnswering$/, 'question-answering'),
  fieldsOf: (model) => ({
    input: { length: textLengthOf(model), stride: STRIDE },
    unanswerable: WITHOUT_ANSWERS.test(model.id),
  }),
  choices: ['input.stride', 'unanswerable'],
  limits: ['input.length'],
};
