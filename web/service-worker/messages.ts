/** Beside `index.html`, since a service worker serves only what lies beneath it. */
export const WORKER_FILE = 'service-worker.js';

/** What the page asks its service worker. */
export type Order = 'keep-everything' | 'take-over';

/** What it answers to `keep-everything`, after each file. */
export interface Kept {
  readonly kept: number;
  readonly total: number;
  /** Why the rest could not be kept. */
  readonly failed?: string;
}
