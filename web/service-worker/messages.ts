/** Path of the service worker, beside `index.html` because it can only serve its own folder and folders below. */
export const WORKER_FILE = 'service-worker.js';

/** The file of the example that ships with the page. It is here because the worker must share no code with the page. */
export const EXAMPLE_FILE = 'example.json';

/** Messages from the page to its service worker. */
export type Order = 'keep-everything' | 'take-over';

/** The service worker's response to `keep-everything`, sent after each file. */
export interface Kept {
  readonly kept: number;
  readonly total: number;
  /** Why the remaining files could not be cached. */
  readonly failed?: string;
}
