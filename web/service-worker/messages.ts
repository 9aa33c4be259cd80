/** The service worker lies beside `index.html`, since it can only serve files of its own folder and below. */
export const WORKER_FILE = 'service-worker.js';

/** A message from the page to its service worker. */
export type Order = 'keep-everything' | 'take-over';

/** The service worker's answer to `keep-everything`, after each file. */
export interface Kept {
  readonly kept: number;
  readonly total: number;
  /** Why the remaining files could not be kept. */
  readonly failed?: string;
}
