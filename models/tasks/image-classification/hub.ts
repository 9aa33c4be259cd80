import { oneOfClasses } from '../../hub/classes.ts';
import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { cropOf, imageInputOf, withPictures } from '../../hub/preprocessing.ts';

export const imageClassifiers: HubKind = {
  task: 'image-classification',
  stageName: 'classify',
  models: 'a picture classifier (…ForImageClassification)',
  fits: fitsBy(/ForImageClassification/, 'image-classification'),
  fieldsOf: (model) => ({
    input: {
      ...imageInputOf(model.config, model.preprocessor, model.id),
      ...cropOf(model.config, model.preprocessor),
    },
    classes: oneOfClasses(model),
  }),
  choices: [],
  limits: [],
  joined: withPictures,
};
