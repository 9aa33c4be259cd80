import { z } from 'zod';

/** Schema of an object that is known by one of its methods. A promise of the object has no such method, and neither has its maker. */
export const withMethod = (method: string, what: string) =>
  z.custom<object>(
    (value) => typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function',
    `expected ${what}`,
  );

export const callback = z.custom<() => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);

/** What the caller gives to a profile and to a run alike. */
export const given = {
  models: withMethod('readPack', 'the manifest that loadManifest has loaded'),
  environment: withMethod('spawn', 'what environment() returns'),
  signal: withMethod('throwIfAborted', 'an AbortSignal').optional(),
  onProgress: callback.optional(),
};

/**
 * Calls `failed` if a callback returned a promise that rejects. An async function is also a function that returns nothing, and the
 * rejection of a promise that nobody waits for ends a process of Node.
 * @param returned what the callback returned
 */
export function onRejected(returned: unknown, failed: (error: unknown) => void): void {
  if (returned !== undefined) Promise.resolve(returned).catch(failed);
}
