import { InputError } from '../../solver/documents/coded-error.ts';
import { cut } from '../../solver/documents/document.ts';
import { modelOfWeights } from './file-names.ts';

/** A text does not name a repository of a model hub. */
export class InvalidHubIdError extends InputError {
  override name = 'InvalidHubIdError';
  constructor(text: string) {
    super(
      `${JSON.stringify(text.slice(0, 100))} is not a model's id: give owner/name, as its page on the hub shows it, ` +
        'or owner/name@revision.',
    );
  }
}

/** ipa-edge cannot run models of this architecture. */
export class UnsupportedArchitectureError extends InputError {
  override name = 'UnsupportedArchitectureError';
  constructor(id: string, architecture: string, supported: readonly string[]) {
    super(
      `${id} has the architecture ${architecture.slice(0, 100)}, which ipa-edge cannot run. ` +
        `Choose a model of another kind: ${supported.join(', or ')}.`,
    );
  }
}

/** A model's configuration does not determine its task, or the user names a task that the model cannot have. */
export class AmbiguousTaskError extends InputError {
  override name = 'AmbiguousTaskError';
  /** The message without its remedy, because the command line and the page offer different ones. */
  readonly problem: string;
  constructor(id: string, architecture: string, tasks: readonly string[]) {
    const problem = `${id} has the architecture ${architecture.slice(0, 100)}, which is for ${tasks.join(' or ')}`;
    super(
      `${problem}. Give --task ${tasks.join(' or ')}. If the model's page puts a prefix before texts, give it with --prefix.`,
    );
    this.problem = problem;
  }
}

/** The user gives a prefix of texts for a model whose task puts none before them. */
export class UnreadPrefixError extends InputError {
  override name = 'UnreadPrefixError';
  constructor(id: string, task: string) {
    super(
      `${id} is a model for ${task}, and only models that translate or summarise take a prefix. Leave the prefix out.`,
    );
  }
}

/** The user gives a model without a file that has weights of it. */
export class MissingWeightsError extends InputError {
  override name = 'MissingWeightsError';
  constructor(model: string, weights: string) {
    super(
      modelOfWeights(weights) === model
        ? `${model} keeps weights in ${weights}, which is not beside it. Give both together.`
        : `${model} keeps weights in ${weights}, and weights are looked for only in files named after their model. Save it ` +
            `anew with its weights in ${model}.data.`,
    );
  }
}

/** A repository's configuration lacks a value, or has one that ipa-edge cannot use. */
export class UnusableConfigError extends InputError {
  override name = 'UnusableConfigError';
  /** The message without its remedy, because another remedy applies to the user's own files. */
  readonly problem: string;
  constructor(source: string, problem: string) {
    super(`${source} ${problem}. Choose another model, or write the manifest's stage by hand.`);
    this.problem = `${source} ${problem}`;
  }
}

export const noConfig = (id: string): UnusableConfigError =>
  new UnusableConfigError(id, 'has no config.json, which says what the model is');

/** A repository has no model file that can be pinned. */
export class NoModelFileError extends InputError {
  override name = 'NoModelFileError';
}

/** A message quotes at most this many characters of a field's value. */
const SHOWN = 120;

/** A stage of the manifest differs from the stage that a model needs. */
export class StageMismatchError extends InputError {
  override name = 'StageMismatchError';
  /** The message without its remedy, because the command line and the page offer different ones. */
  readonly problem: string;
  constructor(id: string, stage: string, field: string, expected: string, found: string) {
    const problem =
      `${id} does not fit the stage ${stage}, whose variants share one ${field}: ` +
      `the model has ${cut(found, SHOWN)}, the stage ${cut(expected, SHOWN)}`;
    super(`${problem}. Choose another stage (--stage), or a new pipeline (another --out).`);
    this.problem = problem;
  }
}
