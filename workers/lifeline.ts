import { WorkerLostError } from './errors.ts';

/** Lets calls to a worker end when it is gone: from then on nothing answers them. */
export class Lifeline {
  /** Rejects of the calls that wait. Racing each call against one promise would keep every answer for ever. */
  readonly #waiting = new Set<(error: Error) => void>();
  #gone: Error | undefined;

  /** @param gone resolves with the reason */
  constructor(worker: string, gone: Promise<string>) {
    gone.then((reason) => {
      this.#gone = new WorkerLostError(worker, reason);
      for (const reject of this.#waiting) reject(this.#gone);
    });
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
