import { NoAccuracyError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import { whenHung } from '../executor/clock.ts';
import {
  DeviceLostError,
  ModelLoadError,
  ModelMismatchError,
  OrtLoadError,
  TraceFolderError,
  WorkerLostError,
} from '../runtime/errors.ts';

/** A worker that takes longer for an answer counts as hung. Large problems and models take seconds, on slow machines minutes. */
const HUNG_MS = 10 * 60_000;

/** Waits for a worker's answers to calls. Ends a worker that hangs, and rejects the open calls once nothing will answer them. */
export class Lifeline {
  /** Functions that reject the open calls. (`Promise.race` with one long-lived promise would keep every answer in memory.) */
  readonly #open = new Set<(error: unknown) => void>();
  #error: WorkerLostError | undefined;
  #tellLost: (reason: string) => void = () => {};
  /** Resolves with the reason when the worker has ended, or this object ends it. */
  readonly lost: Promise<string>;

  /** @param worker the worker's name, for errors */
  constructor(
    private readonly worker: string,
    private readonly raw: { readonly gone: Promise<string>; terminate(): void },
    private readonly hungMs = HUNG_MS,
  ) {
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    raw.gone.then((reason) => this.end(reason));
  }

  /** Ends the worker. Every open call rejects now, and every later call. */
  end(reason: string): void {
    if (this.#error) return;
    this.#error = new WorkerLostError(this.worker, reason);
    this.#tellLost(reason);
    for (const reject of this.#open) reject(this.#error);
    this.raw.terminate();
  }

  /** Waits for the answer of a call, but rejects as soon as the worker is gone or counts as hung. @throws WorkerLostError */
  call<P extends Promise<unknown>>(answer: P): Promise<Awaited<P>> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      const stopWaiting = whenHung(this.hungMs, () =>
        this.end(`a call took longer than ${this.hungMs / 60_000} min`),
      );
      const settle = () => {
        stopWaiting();
        this.#open.delete(fail);
      };
      const fail = (error: unknown) => {
        settle();
        reject(error);
      };
      this.#open.add(fail);
      answer.then(
        (value) => {
          settle();
          resolve(value as Awaited<P>);
        },
        (error) => fail(revive(error)),
      );
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
