import { oneOfClasses } from '../../hub/classes.ts';
import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { textLengthOf } from '../../hub/text-length.ts';

export const textClassifiers: HubKind = {
  task: 'text-classification',
  stageName: 'classify-text',
  models: 'a text classifier (…ForSequenceClassification)',
  fits: fitsBy(/ForSequenceClassification/, 'text-classification'),
  fieldsOf: (model) => ({
    input: { encoding: 'tokens', length: textLengthOf(model) },
    classes: oneOfClasses(model),
  }),
  choices: ['passOn'],
  limits: ['input.length'],
};
