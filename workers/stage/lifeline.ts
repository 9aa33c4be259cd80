import { NoAccuracyError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import {
  DeviceLostError,
  ModelLoadError,
  ModelMismatchError,
  OrtLoadError,
  TraceFolderError,
  WorkerLostError,
} from '../runtime/errors.ts';

/** Rejects the open calls to a worker when the worker is gone, since nothing would answer the calls any more. */
export class Lifeline {
  /** Functions that reject the open calls. (`Promise.race` with one long-lived promise would keep every answer in memory.) */
  readonly #waiting = new Set<(error: Error) => void>();
  #gone: Error | undefined;

  /**
   * @param worker the worker's name, for errors
   * @param gone resolves with the reason when the worker is gone
   */
  constructor(
    private readonly worker: string,
    gone: Promise<string>,
  ) {
    gone.then((reason) => this.cut(reason));
  }

  /** Rejects every open call now, and every later call. */
  cut(reason: string): void {
    this.#gone ??= new WorkerLostError(this.worker, reason);
    for (const reject of this.#waiting) reject(this.#gone);
  }

  /** Waits for the answer of a call, but rejects as soon as the worker is gone. @throws WorkerLostError */
  call<P extends Promise<unknown>>(answer: P): Promise<Awaited<P>> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      this.#waiting.add(reject);
      answer
        .then(
          (value) => resolve(value as Awaited<P>),
          (error) => reject(revive(error)),
        )
        .finally(() => this.#waiting.delete(reject));
    });
  }
}

/** Error classes by the `name` of their instances, because a minified build renames the classes themselves. */
const ERRORS = new Map(
  Object.entries({
    ModelLoadError,
    ModelMismatchError,
    OrtLoadError,
    TraceFolderError,
    DeviceLostError,
    NoAccuracyError,
    NothingMeasuredError,
  }).map(([name, type]) => [name, type.prototype]),
);

/** Gives an error its class again: Comlink sends only an error's name, message and stack. */
function revive(error: unknown): unknown {
  const prototype = error instanceof Error ? ERRORS.get(error.name) : undefined;
  return prototype ? Object.setPrototypeOf(error, prototype) : error;
}
