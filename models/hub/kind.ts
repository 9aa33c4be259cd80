import type { GenerationConfig, ModelConfig, PreprocessorConfig, TokenizerConfig } from './config.ts';
import type { Fields } from './fields.ts';

/** The files of a repository that describe its model. A file that the repository lacks is null. */
export interface HubModel {
  readonly id: string;
  /** The task that the repository names; null if it names none. */
  readonly task: string | null;
  readonly config: ModelConfig;
  readonly generation: GenerationConfig | null;
  readonly preprocessor: PreprocessorConfig | null;
  /** Null unless the repository has `tokenizer.json` too. */
  readonly tokenizer: TokenizerConfig | null;
}

/** How the hub's models of one task become stages of a manifest. */
export interface HubKind {
  readonly task: string;
  /** The name that a stage gets where the user gives none. */
  readonly stageName: string;
  /** A description of the models of this kind, for messages. */
  readonly models: string;
  /** Whether a model has this task: by its configuration (`surely`), or only if the user says so (`if-task-given`). */
  fits(model: HubModel): 'surely' | 'if-task-given' | 'no';
  /** The task's fields of a stage. @throws UnusableConfigError */
  fieldsOf(model: HubModel): Fields;
  /** Paths of fields that the user chooses, e.g. `output.threshold`. A model works with any, so it takes the stage's value. */
  readonly choices: readonly string[];
  /** Paths of numbers that limit what the model takes, e.g. `input.length`: a variant takes no more than its stage asks for. */
  readonly limits: readonly string[];
  /**
   * Fits those fields of a stage and of a model to each other that depend on both, e.g. the size of pictures; absent: no field
   * depends on both.
   * @param measured whether a pack has items of the stage, so that their format stays
   */
  joined?(
    stage: Fields,
    model: Fields,
    measured: boolean,
  ): { readonly stage: Fields; readonly model: Fields };
}

/**
 * Makes a `fits` that answers `surely` for models with one of these architectures or, if a repository names none, for models
 * whose repository names this task.
 */
export const fitsBy =
  (expected: RegExp, task?: string): HubKind['fits'] =>
  (model) =>
    hasArchitecture(model, expected, task !== undefined && model.task === task) ? 'surely' : 'no';

/**
 * Whether the first architecture that a model names matches. Architectures are class names of the hub's library.
 * @param otherwise the result if the model names no architecture
 */
export const hasArchitecture = (
  { config: { architectures } }: HubModel,
  expected: RegExp,
  otherwise = false,
): boolean => {
  const architecture = architectures?.[0];
  return architecture === undefined ? otherwise : expected.test(architecture);
};
