import { classesOf } from '../../hub/classes.ts';
import { type HubKind, hasArchitecture } from '../../hub/kind.ts';
import { STRIDE, textLengthOf } from '../../hub/text-length.ts';

export const tokenClassifiers: HubKind = {
  task: 'token-classification',
  stageName: 'find-entities',
  models: 'a model that finds entities (…ForTokenClassification)',
  fits: (model) =>
    hasArchitecture(model, /ForTokenClassification$/, model.task === 'token-classification')
      ? 'surely'
      : 'no',
  fieldsOf: (model) => ({
    input: { length: textLengthOf(model), stride: STRIDE },
    classes: classesOf(model.config, model.id),
  }),
  choices: ['input.stride'],
  limits: ['input.length'],
};
