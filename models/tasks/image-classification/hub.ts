import { classesOf } from '../../hub/classes.ts';
import { type HubKind, hasArchitecture } from '../../hub/kind.ts';
import { imageInputOf, withPictures } from '../../hub/preprocessing.ts';

export const imageClassifiers: HubKind = {
  task: 'image-classification',
  stageName: 'classify',
  models: 'an image classifier (…ForImageClassification)',
  fits: (model) =>
    hasArchitecture(model, /ForImageClassification/, model.task === 'image-classification') ? 'surely' : 'no',
  fieldsOf: ({ id, config, preprocessor }) => ({
    input: imageInputOf(config, preprocessor, id),
    classes: classesOf(config, id),
  }),
  choices: [],
  limits: [],
  joined: withPictures,
};
