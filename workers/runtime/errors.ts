import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** A model file that ONNX Runtime cannot load: truncated, damaged, or with operators it does not know. */
export class ModelLoadError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'ModelLoadError';
  constructor(model: string, cause: unknown) {
    super(
      `${model} cannot be loaded: ${message(cause)}. Is the file whole, and does ONNX Runtime know its operators?`,
      { cause },
    );
  }
}

/** A model whose inputs or outputs are not what the manifest says. */
export class ModelMismatchError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'ModelMismatchError';
  constructor(model: string, what: string, expected: string, found: string) {
    super(
      `${model}: ${what} should be ${expected}, but is ${found}. Mend the manifest's stage or export the model again.`,
    );
  }
}

/** The GPU device was lost: unplugged, reset, or taken by the browser. */
export class DeviceLostError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'DeviceLostError';
  constructor(reason: string) {
    super(`The GPU device was lost (${reason}). Its worker must be replaced.`);
  }
}

/** A worker ended before it answered. */
export class WorkerLostError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'WorkerLostError';
  constructor(
    worker: string,
    readonly reason: string,
  ) {
    super(`Worker ${worker} was lost: ${reason}. What was in flight on it can be sent again.`);
  }
}

/** This machine or browser does not have a backend that was asked for. */
export class BackendUnavailableError extends InputError {
  override name = 'BackendUnavailableError';
  constructor(backend: string, why: string) {
    super(`Backend ${backend} is not available: ${why}.`);
  }
}

/** No variant of a stage could be run. */
export class NothingProfiledError extends Error {
  override name = 'NothingProfiledError';
}

/** The text of anything that was thrown. */
export const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
