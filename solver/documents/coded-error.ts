/** An error that knows how a command ends with it, and how a server answers with it. */
export class CodedError extends Error {
  /** 2: what the user gave must be mended; 1: anything else; 130: the user stopped the command. */
  static readonly exitCode: number = 1;
  static readonly httpStatus: number = 500;

  // Codes belong to the class: an error from a worker gets its class back, but not its fields.
  get exitCode(): number {
    return (this.constructor as typeof CodedError).exitCode;
  }

  get httpStatus(): number {
    return (this.constructor as typeof CodedError).httpStatus;
  }
}

/** What the user gave cannot be used as it is. */
export class InputError extends CodedError {
  static override readonly exitCode: number = 2;
}

/** The exit code of a command that ends with whatever was thrown. */
export const exitCodeOf = (thrown: unknown): number => (thrown instanceof CodedError ? thrown.exitCode : 1);
