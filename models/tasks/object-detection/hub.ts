import { classesOf } from '../../hub/classes.ts';
import { type HubKind, type HubModel, hasArchitecture } from '../../hub/kind.ts';
import { imageInputOf, withPictures } from '../../hub/preprocessing.ts';
import { classIndex } from '../classes.ts';

/** Output formats of detectors, by `model_type`. */
const FORMATS: Readonly<Record<string, 'detr' | 'rt-detr'>> = {
  detr: 'detr',
  yolos: 'detr',
  rt_detr: 'rt-detr',
  rt_detr_v2: 'rt-detr',
};

/** Default threshold: detections need a probability above it, as in transformers' pipelines. */
const THRESHOLD = 0.5;

const formatOf = ({ config: { model_type } }: HubModel) =>
  Object.hasOwn(FORMATS, model_type ?? '') ? FORMATS[model_type!] : undefined;

/** The name that DETR and YOLOS give to category numbers that COCO leaves unused. */
const NO_CLASS = 'N/A';

/** COCO's own names of the classes that darknet's list spells differently. RT-DETR uses darknet's list. */
const DARKNET: Readonly<Record<string, string>> = {
  motorbike: 'motorcycle',
  aeroplane: 'airplane',
  sofa: 'couch',
  pottedplant: 'potted plant',
  diningtable: 'dining table',
  tvmonitor: 'tv',
};

/** Returns the classes of a model's outputs. COCO's classes in darknet's spelling get COCO's own names. */
function outputClassesOf({ config, id }: HubModel): string[] {
  const names = classesOf(config, id);
  const isDarknet = Object.keys(DARKNET).every((name) => names.includes(name));
  return isDarknet ? names.map((name) => DARKNET[name] ?? name) : names;
}

interface Classes {
  readonly classes: readonly string[];
  readonly keep?: readonly string[];
  readonly output: { readonly classes?: readonly string[] };
}

/** Whether a model has every class that a stage reports. */
const hasAll = ({ classes, keep = classes }: Classes, own: readonly string[]): boolean => {
  const found = new Set(own.map((name) => classIndex(classes, name)));
  return keep.every((name) => found.has(classes.indexOf(name)));
};

export const detectors: HubKind = {
  task: 'object-detection',
  stageName: 'detect',
  models: 'a detector of the families DETR, YOLOS or RT-DETR (…ForObjectDetection)',
  fits(model) {
    const otherwise = model.task === null || model.task === 'object-detection';
    return formatOf(model) && hasArchitecture(model, /ForObjectDetection/, otherwise) ? 'surely' : 'no';
  },
  fieldsOf(model) {
    const all = outputClassesOf(model);
    const classes = all.filter((name) => name !== NO_CLASS);
    return {
      input: imageInputOf(model.config, model.preprocessor, model.id),
      classes,
      output: {
        format: formatOf(model),
        threshold: THRESHOLD,
        ...(classes.length < all.length && { classes: all }),
      },
    };
  },
  choices: ['keep', 'output.threshold'],
  limits: [],
  joined(stage, model, measured) {
    const own = model as unknown as Classes;
    const ownClasses = own.output.classes ?? own.classes;
    const asked = stage as unknown as Classes;
    const same = own.classes.join('\n') === asked.classes?.join('\n');
    if (same || !asked.classes || !hasAll(asked, ownClasses)) return withPictures(stage, model, measured);
    const { classes } = asked;
    const renamed = { ...model, classes, output: { ...own.output, classes: ownClasses } };
    return withPictures(stage, renamed, measured);
  },
};
