import { z } from 'zod';

/**
 * Schema of an object that is known by one of its methods. The schema refuses a promise of the object, and the function that makes
 * the object, because neither has the method.
 */
export const withMethod = (method: string, what: string) =>
  z.custom<object>(
    (value) => typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function',
    `expected ${what}`,
  );

export const callback = z.custom<() => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);

/** Schemas of the options that a profile and a run share. */
export const callerOptions = {
  models: withMethod('readPack', 'the manifest that loadManifest has loaded'),
  environment: withMethod('spawn', 'what environment() returns'),
  signal: withMethod('throwIfAborted', 'an AbortSignal').optional(),
  onProgress: callback.optional(),
};

/** The caller of a profile or a run: its signal, and its callbacks. */
export class Caller {
  readonly #broken = new AbortController();
  /** Aborts when the caller stops the work, or when one of its callbacks fails. */
  readonly signal: AbortSignal;

  /** @param stop the signal with which the caller stops the work */
  constructor(stop: AbortSignal | undefined) {
    this.signal = AbortSignal.any([this.#broken.signal, ...(stop ? [stop] : [])]);
  }

  /**
   * Calls a callback. If it throws, or returns a promise that rejects, the signal aborts with its error. TypeScript takes an async
   * function where a callback returns nothing, and Node ends when a promise rejects for which nobody waits.
   */
  tell(callback: () => unknown): void {
    const fail = (error: unknown) => this.#broken.abort(error);
    try {
      const returned = callback();
      if (returned !== undefined) Promise.resolve(returned).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** @throws what a callback threw, or rejected with */
  throwIfBroken(): void {
    this.#broken.signal.throwIfAborted();
  }
}
