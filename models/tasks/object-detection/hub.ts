import { classesOf } from '../../hub/classes.ts';
import { type HubKind, type HubModel, hasArchitecture } from '../../hub/kind.ts';
import { imageInputOf } from '../../hub/preprocessing.ts';

/** Output formats of detectors, by `model_type`. */
const FORMATS: Readonly<Record<string, 'detr' | 'rt-detr'>> = {
  detr: 'detr',
  yolos: 'detr',
  rt_detr: 'rt-detr',
  rt_detr_v2: 'rt-detr',
};

/** A detection's probability must be above this, as in the pipelines of the hub's own library. */
const THRESHOLD = 0.5;

const formatOf = ({ config: { model_type } }: HubModel) =>
  Object.hasOwn(FORMATS, model_type ?? '') ? FORMATS[model_type!] : undefined;

export const detectors: HubKind = {
  task: 'object-detection',
  stageName: 'detect',
  models: 'a detector of the families DETR, YOLOS or RT-DETR (…ForObjectDetection)',
  fits(model) {
    const otherwise = model.task === null || model.task === 'object-detection';
    return formatOf(model) && hasArchitecture(model, /ForObjectDetection/, otherwise) ? 'surely' : 'no';
  },
  fieldsOf: (model) => ({
    input: imageInputOf(model.config, model.preprocessor, model.id),
    classes: classesOf(model.config, model.id),
    output: { format: formatOf(model), threshold: THRESHOLD },
  }),
  choices: ['keep', 'output.threshold'],
  limits: [],
};
