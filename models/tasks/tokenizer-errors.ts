import { InputError } from '../../solver/documents/coded-error.ts';

/** The files of a tokenizer do not describe a usable tokenizer. */
export class InvalidTokenizerError extends InputError {
  override name = 'InvalidTokenizerError';
  constructor(problem: string, options?: ErrorOptions) {
    super(
      `A variant's tokenizer cannot be used: ${problem}. Fetch the variant's files again, or choose another model.`,
      options,
    );
  }
}
