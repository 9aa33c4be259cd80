import { InputError } from '../../solver/documents/coded-error.ts';

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

/** Models of this architecture cannot be run. */
export class UnsupportedArchitectureError extends InputError {
  override name = 'UnsupportedArchitectureError';
  constructor(id: string, architecture: string) {
    super(
      `${id} has the architecture ${architecture.slice(0, 100)}, which cannot be run. Choose an image classifier ` +
        '(…ForImageClassification), a text classifier (…ForSequenceClassification) or a detector of the families DETR, YOLOS or RT-DETR (…ForObjectDetection).',
    );
  }
}

/** A repository's configuration lacks a value, or has one that cannot be used. */
export class UnusableConfigError extends InputError {
  override name = 'UnusableConfigError';
  constructor(source: string, problem: string) {
    super(`${source} ${problem}. Choose another model, or write the manifest's stage by hand.`);
  }
}

/** A repository has no model file that can be pinned. */
export class NoModelFileError extends InputError {
  override name = 'NoModelFileError';
}

/** A model keeps its weights in files of their own. */
export class ExternalDataError extends InputError {
  override name = 'ExternalDataError';
  constructor(id: string, path: string, others: readonly string[]) {
    const remedy =
      others.length > 0 ? `Choose others with --dtypes ${others.join()}` : 'Choose another model';
    super(
      `${path} of ${id} keeps its weights in a file of its own (${path}_data), which cannot be loaded. ${remedy}.`,
    );
  }
}

/** A stage of the manifest differs from the stage that a model needs. */
export class StageMismatchError extends InputError {
  override name = 'StageMismatchError';
  constructor(id: string, stage: string, field: string, expected: string, found: string) {
    super(
      `${id} does not fit the stage ${stage}, whose variants share one ${field}: ` +
        `it has ${shortened(found)}, the stage ${shortened(expected)}. Choose another stage with --stage, or another --out.`,
    );
  }
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 117)}...` : text);
