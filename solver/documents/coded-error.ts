/** An error that sets a command's exit code and the HTTP status of a server's response. */
export class CodedError extends Error {
  /** 2 if the user must correct the input, 130 if the user stopped the command, 1 for anything else. */
  static readonly exitCode: number = 1;
  static readonly httpStatus: number = 500;

  // The codes are static, because an error from a worker gets its class back, but not its fields.
  get exitCode(): number {
    return (this.constructor as typeof CodedError).exitCode;
  }

  get httpStatus(): number {
    return (this.constructor as typeof CodedError).httpStatus;
  }
}

/** Something that the user gave cannot be used as it is. */
export class InputError extends CodedError {
  static override readonly exitCode: number = 2;
}

/** The exit code of a command that ends with this exception. */
export const exitCodeOf = (thrown: unknown): number => (thrown instanceof CodedError ? thrown.exitCode : 1);
