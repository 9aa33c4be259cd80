import { classesOf } from '../../hub/classes.ts';
import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { cropOf, imageInputOf, withPictures } from '../../hub/preprocessing.ts';

export const imageClassifiers: HubKind = {
  task: 'image-classification',
  stageName: 'classify',
  models: 'an image classifier (…ForImageClassification)',
  fits: fitsBy(/ForImageClassification/, 'image-classification'),
  fieldsOf: ({ id, config, preprocessor }) => ({
    input: { ...imageInputOf(config, preprocessor, id), ...cropOf(config, preprocessor) },
    classes: classesOf(config, id),
  }),
  choices: [],
  limits: [],
  joined: withPictures,
};
