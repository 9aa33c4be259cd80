import { WorkerLostError } from '../runtime/errors.ts';

/** Lets calls to a worker end when it is gone: from then on nothing answers them. */
export class Lifeline {
  /** Rejects of the calls that wait. Racing each call against one promise would keep every answer for ever. */
  readonly #waiting = new Set<(error: Error) => void>();
  #gone: Error | undefined;

  /** @param gone resolves with the reason */
  constructor(
    private readonly worker: string,
    gone: Promise<string>,
  ) {
    gone.then((reason) => this.cut(reason));
  }

  /** Calls that wait reject now, and so does every later one. */
  cut(reason: string): void {
    this.#gone ??= new WorkerLostError(this.worker, reason);
    for (const reject of this.#waiting) reject(this.#gone);
  }

  /** What a call answers. @throws WorkerLostError */
  call<P extends Promise<unknown>>(answer: P): Promise<Awaited<P>> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      this.#waiting.add(reject);
      answer
        .then((value) => resolve(value as Awaited<P>), reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }
}
