import { CodedError } from '../../solver/documents/coded-error.ts';

/** A message does not follow the Open Inference Protocol, or does not fit the model. The HTTP status is 400. */
export class InvalidInferenceError extends CodedError {
  static override readonly httpStatus = 400;
  override name = 'InvalidInferenceError';
}

/** A tensor contradicts its own header, or does not fit the model. */
export class InvalidTensorError extends InvalidInferenceError {
  override name = 'InvalidTensorError';
  constructor(
    readonly tensor: string,
    /** Expected and found values, in words. */
    problem: string,
  ) {
    super(`tensor "${tensor}": ${problem}`);
  }
}
