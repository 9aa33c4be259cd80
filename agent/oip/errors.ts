import { CodedError } from '../../solver/documents/coded-error.ts';

/** What a client sent is not of the Open Inference Protocol, or not for this model: its own fault, answered with 400. */
export class InvalidInferenceError extends CodedError {
  static override readonly httpStatus = 400;
  override name = 'InvalidInferenceError';
}

/** A tensor is not what it says, or not what the model takes. */
export class InvalidTensorError extends InvalidInferenceError {
  override name = 'InvalidTensorError';
  constructor(
    readonly tensor: string,
    /** What was expected of what, and what was found. */
    problem: string,
  ) {
    super(`tensor "${tensor}": ${problem}`);
  }
}
