import { classesOf } from '../../hub/classes.ts';
import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { STRIDE, textLengthOf } from '../../hub/text-length.ts';

export const tokenClassifiers: HubKind = {
  task: 'token-classification',
  stageName: 'find-entities',
  models: 'a model that finds entities (…ForTokenClassification)',
  fits: fitsBy(/ForTokenClassification$/, 'token-classification'),
  fieldsOf: (model) => ({
    input: { length: textLengthOf(model), stride: STRIDE },
    classes: classesOf(model.config, model.id),
  }),
  choices: ['input.stride'],
  limits: ['input.length'],
};
