import type { ModelConfig, PreprocessorConfig } from './config.ts';
import { UnsupportedArchitectureError, UnusableConfigError } from './errors.ts';
import { type HubInput, imageInputOf } from './preprocessing.ts';
import type { Repository } from './repository.ts';

/** Output formats of detectors, by `model_type`. */
const DETECTORS: Readonly<Record<string, 'detr' | 'rt-detr'>> = {
  detr: 'detr',
  yolos: 'detr',
  rt_detr: 'rt-detr',
  rt_detr_v2: 'rt-detr',
};

/** A detection's probability must be above this, as in the pipelines of the hub's own library. */
const THRESHOLD = 0.5;
const MOST_LETTERS = 100;

/** The fields of a manifest's stage, apart from its name and variants. */
export type HubStage =
  | { readonly task: 'image-classification'; readonly input: HubInput; readonly classes: string[] }
  | {
      readonly task: 'object-detection';
      readonly input: HubInput;
      readonly classes: string[];
      readonly output: { readonly format: 'detr' | 'rt-detr'; readonly threshold: number };
    };

/** The names that stages get where the user gives none. */
export const STAGE_NAMES: Readonly<Record<HubStage['task'], string>> = {
  'image-classification': 'classify',
  'object-detection': 'detect',
};

/**
 * The stage that a hub model needs.
 * @param preprocessor null for a repository without `preprocessor_config.json`
 * @throws UnsupportedArchitectureError, UnusableConfigError
 */
export function hubStage(
  { id, task }: Pick<Repository, 'id' | 'task'>,
  config: ModelConfig,
  preprocessor: PreprocessorConfig | null,
): HubStage {
  const architecture = config.architectures?.[0];
  const serves = (suffix: string, otherwise: boolean) => architecture?.includes(suffix) ?? otherwise;
  const made = () => ({
    input: imageInputOf(config, preprocessor, id),
    classes: classesOf(config, id),
  });
  if (serves('ForImageClassification', task === 'image-classification'))
    return { task: 'image-classification', ...made() };
  const format = Object.hasOwn(DETECTORS, config.model_type ?? '')
    ? DETECTORS[config.model_type!]
    : undefined;
  if (format && serves('ForObjectDetection', task === null || task === 'object-detection'))
    return { task: 'object-detection', ...made(), output: { format, threshold: THRESHOLD } };
  throw new UnsupportedArchitectureError(id, architecture ?? config.model_type ?? task ?? 'of no name');
}

/** The classes in the order of the model's outputs. */
function classesOf({ id2label, label_names }: ModelConfig, source: string): string[] {
  const count = id2label ? Object.keys(id2label).length : (label_names?.length ?? 0);
  if (count === 0) throw new UnusableConfigError(source, 'names no classes (id2label in config.json)');
  return Array.from({ length: count }, (_, c) => {
    const label = id2label ? id2label[c] : label_names![c];
    if (label === undefined)
      throw new UnusableConfigError(source, `names ${count} classes (id2label), but none with number ${c}`);
    return label.slice(0, MOST_LETTERS) || `class ${c}`;
  });
}
