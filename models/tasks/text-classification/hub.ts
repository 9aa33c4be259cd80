import { classesOf } from '../../hub/classes.ts';
import { UnusableConfigError } from '../../hub/errors.ts';
import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { textLengthOf } from '../../hub/text-length.ts';

export const textClassifiers: HubKind = {
  task: 'text-classification',
  stageName: 'classify-text',
  models: 'a text classifier (…ForSequenceClassification)',
  fits: fitsBy(/ForSequenceClassification/, 'text-classification'),
  fieldsOf(model) {
    const { id, config } = model;
    if (config.problem_type === 'multi_label_classification')
      throw new UnusableConfigError(id, 'gives a text several classes at once, where one is expected');
    return {
      input: { encoding: 'tokens', length: textLengthOf(model) },
      classes: classesOf(config, id),
    };
  },
  choices: ['passOn'],
  limits: ['input.length'],
};
