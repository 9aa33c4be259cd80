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

/**
 * Calls `failed` if a callback returned a promise that rejects. TypeScript takes an async function where a callback returns
 * nothing, and Node ends when a promise rejects for which nobody waits.
 * @param returned what the callback returned
 */
export function onRejected(returned: unknown, failed: (error: unknown) => void): void {
  if (returned !== undefined) Promise.resolve(returned).catch(failed);
}
