import { EXAMPLE_FILE, WORKER_FILE } from './messages.ts';

/** A file of the build that the service worker caches. */
export interface PrecachedFile {
  /** Path relative to the service worker. */
  readonly path: string;
  /**
   * SHA-256 as subresource integrity, for `fetch`. It is also the file's key in the cache, so that the same bytes are fetched
   * only once.
   */
  readonly integrity: string;
  /** Whether the page cannot open without the file. The service worker caches such files first. */
  readonly shell: boolean;
  /** Whether the file is cached when it is first used, and not before. */
  readonly onUse: boolean;
}

const RUNTIME = /^assets\/ort[.-]/;
const JSPI = /\bjspi\b/;

/** Pages that nobody opens without a network: the headless page, the example and the licence notices. */
const OTHER_PAGES = /^(headless|example)\.html$|^licences\.txt$|^assets\/(headless|example)-/;

/** Whether the page needs a file to work without a network. */
export const isPrecached = (path: string): boolean => path !== WORKER_FILE && !OTHER_PAGES.test(path);

export const isShell = (path: string): boolean =>
  !RUNTIME.test(path) && !path.startsWith('models/') && path !== EXAMPLE_FILE;

/** Whether a file is cached only on its first use: the mini pipelines are larger than all else, and few users open each of them. */
export const isOnUse = (path: string): boolean => path.startsWith('models/mini');

/** Whether this browser may load a file: a browser loads one of two builds of ONNX Runtime, as `ort-web.ts` chooses. */
export const isNeeded = (path: string, canSuspend: boolean): boolean =>
  !RUNTIME.test(path) || JSPI.test(path) === canSuspend;
