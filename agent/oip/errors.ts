import { CodedError } from '../../solver/documents/coded-error.ts';

/** A message does not follow the Open Inference Protocol, or does not fit the model. A server answers such a request with 400. */
export class InvalidInferenceError extends CodedError {
  static override readonly httpStatus = 400;
  override name = 'InvalidInferenceError';
}

/** A tensor contradicts its own header, or is not what the model takes. */
export class InvalidTensorError extends InvalidInferenceError {
  override name = 'InvalidTensorError';
  constructor(
    readonly tensor: string,
    /** What was expected, and what was found. */
    problem: string,
  ) {
    super(`tensor "${tensor}": ${problem}`);
  }
}
