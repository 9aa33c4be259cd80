import { WORKER_FILE } from './messages.ts';

/** A file of the build that the service worker keeps. */
export interface PrecachedFile {
  /** Relative to the service worker. */
  readonly path: string;
  /** SHA-256 in the form that `fetch` takes. It is the file's key in the cache, so the same bytes are fetched only once. */
  readonly integrity: string;
  /** Whether the page needs the file to open. The other files are fetched after that. */
  readonly shell: boolean;
}

const RUNTIME = /^assets\/ort[.-]/;
const JSPI = /\bjspi\b/;

/** The headless page, the example and the licence notices, which nobody opens without a network. */
const OTHER_PAGES = /^(headless|example)\.html$|^licences\.txt$|^assets\/(headless|example)-/;

/** Whether the page needs a file of the build to work without a network. */
export const isPrecached = (path: string): boolean => path !== WORKER_FILE && !OTHER_PAGES.test(path);

export const isShell = (path: string): boolean => !RUNTIME.test(path) && !path.startsWith('models/');

/** Leaves out that build of ONNX Runtime which this browser never loads. `ort-web.ts` chooses by the same test. */
export const isNeeded = (path: string, canSuspend: boolean): boolean =>
  !RUNTIME.test(path) || JSPI.test(path) === canSuspend;
