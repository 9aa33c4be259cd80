import type { GenerationConfig, ModelConfig, PreprocessorConfig, TokenizerConfig } from './config.ts';
import type { Fields } from './fields.ts';

/** What a repository says of its model. A file that the repository lacks is null. */
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
  /** The models that it takes, for messages. */
  readonly models: string;
  /** Whether a model has this task: by its configuration (`surely`), or only if the user says so (`if-told`). */
  fits(model: HubModel): 'surely' | 'if-told' | 'no';
  /** The task's fields of a stage. @throws UnusableConfigError */
  fieldsOf(model: HubModel): Fields;
  /** Fields that the user chooses, whatever the model: a model fits a stage that has others. E.g. `output.threshold`. */
  readonly choices: readonly string[];
  /** Paths of numbers that limit what the model takes, e.g. `input.length`: a variant takes no more than its stage asks for. */
  readonly limits: readonly string[];
  /**
   * Makes fields of a stage and of a model fit each other where more decides than each field alone, e.g. the size of pictures; absent:
   * nothing does.
   * @param measured whether a pack has items of the stage, so that their format stays
   */
  joined?(
    stage: Fields,
    model: Fields,
    measured: boolean,
  ): { readonly stage: Fields; readonly model: Fields };
}

/** Fits the models that have one of these architectures or, where their repository names none, have the task by its own word. */
export const fitsBy =
  (expected: RegExp, task?: string): HubKind['fits'] =>
  (model) =>
    hasArchitecture(model, expected, task !== undefined && model.task === task) ? 'surely' : 'no';

/** Whether a model has one of these architectures, in which the class of the hub's library is named. @param otherwise where none is named */
export const hasArchitecture = (
  { config: { architectures } }: HubModel,
  expected: RegExp,
  otherwise = false,
): boolean => {
  const architecture = architectures?.[0];
  return architecture === undefined ? otherwise : expected.test(architecture);
};
