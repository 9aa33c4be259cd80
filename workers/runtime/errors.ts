import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** ONNX Runtime cannot load a model: its file is damaged, its weights are missing, or ONNX Runtime lacks one of its operators. */
export class ModelLoadError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'ModelLoadError';
  constructor(model: string, cause: unknown) {
    super(
      `${model} cannot be loaded: ${message(cause).replace(/\.$/, '')}. Check that the file is whole, that its files of weights (.onnx_data) are ` +
        'with it if it has any, and that this version of ONNX Runtime has its operators.',
      { cause },
    );
  }
}

/** A page cannot load the code of ONNX Runtime, without which no model runs. */
export class OrtLoadError extends CodedError {
  override name = 'OrtLoadError';
  constructor(cause: unknown) {
    super(
      `ONNX Runtime cannot be loaded: ${message(cause).replace(/\.$/, '')}. Check the connection to the host of this page, then try again.`,
      { cause },
    );
  }
}

/** The profiler of ONNX Runtime could not write its trace, or not all of it. */
export class TraceFolderError extends InputError {
  override name = 'TraceFolderError';
  constructor(folder: string, cause: unknown) {
    super(
      `The trace of the operators cannot be written in ${folder}: ${message(cause)}. Free space there, or name another place in TMPDIR.`,
      { cause },
    );
  }
}

/** A model's inputs or outputs differ from what its stage in the manifest requires. */
export class ModelMismatchError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'ModelMismatchError';
  constructor(model: string, what: string, expected: string, found: string) {
    super(
      `${model}: ${what} should be ${expected}, but is ${found}. Correct the stage in the manifest or export the model again.`,
    );
  }
}

/** A plan is for other models than those that are to run it. */
export class OtherModelsError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'OtherModelsError';
  /** @param reasons why the plan does not fit the models, one line each */
  constructor(reasons: readonly string[]) {
    super(
      ['The plan does not fit the models:', ...reasons.map((reason) => `  ${reason}`)].join('\n') +
        '\nProfile and plan again with these models.',
    );
  }
}

/** A stage was asked for that the plan does not have. */
export class UnknownStageError extends InputError {
  override name = 'UnknownStageError';
  /** @param stages those that the plan has */
  constructor(stage: string, stages: readonly { readonly name: string }[]) {
    super(`The plan has no stage ${stage}: it has ${stages.map(({ name }) => name).join(', ')}.`);
  }
}

/** A request came to an executor after it was closed. */
export class ExecutorClosedError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'ExecutorClosedError';
  constructor() {
    super('This executor is closed: start another one.');
  }
}

/** The GPU device was lost: unplugged, reset, or taken by the browser. */
export class DeviceLostError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'DeviceLostError';
  constructor(reason: string) {
    super(`The GPU device was lost (${reason}). Try again: a new worker then gets a new device.`);
  }
}

/** A worker ended before it answered a call. */
export class WorkerLostError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'WorkerLostError';
  constructor(
    worker: string,
    readonly reason: string,
  ) {
    const end = /[.?!]$/.test(reason) ? '' : '.';
    super(`Worker ${worker} was lost: ${reason}${end} Try again: a new worker then takes its place.`);
  }
}

/** This machine or browser does not have a backend that was asked for. */
export class BackendUnavailableError extends InputError {
  override name = 'BackendUnavailableError';
  constructor(backend: string, why: string) {
    super(`Backend ${backend} is not available: ${why}.`);
  }
}

/** The message of a thrown value, which need not be an `Error`. */
export const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
