import type { ModelConfig, PreprocessorConfig, TokenizerConfig } from './config.ts';
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

/** Most tokens of a text where the repository states no limit, as for BERT. */
const TOKENS_MAX = 512;
/** No stage reads longer texts. */
const TEXT_TOKENS_MAX = 8192;

/** The fields of a manifest's stage, apart from its name and variants. */
export type HubStage =
  | {
      readonly task: 'text-classification';
      readonly input: { readonly encoding: 'tokens'; readonly length: number };
      readonly classes: string[];
    }
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
  'text-classification': 'classify-text',
  'object-detection': 'detect',
};

/**
 * The stage that a hub model needs.
 * @param preprocessor null for a repository without `preprocessor_config.json`
 * @param tokenizer null for a repository without `tokenizer.json` and `tokenizer_config.json`
 * @throws UnsupportedArchitectureError, UnusableConfigError
 */
export function hubStage(
  { id, task }: Pick<Repository, 'id' | 'task'>,
  config: ModelConfig,
  preprocessor: PreprocessorConfig | null,
  tokenizer: TokenizerConfig | null,
): HubStage {
  const architecture = config.architectures?.[0];
  const serves = (suffix: string, otherwise: boolean) => architecture?.includes(suffix) ?? otherwise;
  const made = () => ({
    input: imageInputOf(config, preprocessor, id),
    classes: classesOf(config, id),
  });
  if (serves('ForImageClassification', task === 'image-classification'))
    return { task: 'image-classification', ...made() };
  if (serves('ForSequenceClassification', task === 'text-classification')) {
    if (!tokenizer)
      throw new UnusableConfigError(
        id,
        'has no tokenizer.json with a tokenizer_config.json, which texts need',
      );
    if (config.problem_type === 'multi_label_classification')
      throw new UnusableConfigError(id, 'gives a text several classes at once, where one is expected');
    return {
      task: 'text-classification',
      input: { encoding: 'tokens', length: lengthOf(config, tokenizer) },
      classes: classesOf(config, id),
    };
  }
  const format = Object.hasOwn(DETECTORS, config.model_type ?? '')
    ? DETECTORS[config.model_type!]
    : undefined;
  if (format && serves('ForObjectDetection', task === null || task === 'object-detection'))
    return { task: 'object-detection', ...made(), output: { format, threshold: THRESHOLD } };
  throw new UnsupportedArchitectureError(id, architecture ?? config.model_type ?? task ?? 'of no name');
}

/** Most tokens of a text that the model takes. */
function lengthOf(
  { max_position_embeddings: positions }: ModelConfig,
  { model_max_length }: TokenizerConfig,
): number {
  const stated = model_max_length && Number.isInteger(model_max_length) ? model_max_length : TOKENS_MAX;
  // RoBERTa counts positions from 2, so its 514 positions are 512 tokens; the tokenizer then states 512.
  return Math.max(1, Math.min(stated, positions ?? TOKENS_MAX, TEXT_TOKENS_MAX));
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
