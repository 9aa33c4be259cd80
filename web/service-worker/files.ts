import { WORKER_FILE } from './messages.ts';

/** A file of the build as the service worker keeps it. */
export interface PrecachedFile {
  /** Relative to the service worker. */
  readonly path: string;
  /** SHA-256 as `fetch` and `<script integrity>` take it. It names the file in the cache, so the same bytes are fetched once. */
  readonly integrity: string;
  /** Without these the page does not open; the others are kept once it has. */
  readonly shell: boolean;
}

const RUNTIME = /^assets\/ort[.-]/;
const JSPI = /\bjspi\b/;

/** Pages that only a driver, or a reader of the source, opens. */
const OTHER_PAGES = /^(headless|example)\.html$|^assets\/(headless|example|overhead)-/;

/** Whether a file of the build is worth keeping for the page to work without a network. */
export const isPrecached = (path: string): boolean => path !== WORKER_FILE && !OTHER_PAGES.test(path);

export const isShell = (path: string): boolean => !RUNTIME.test(path) && !path.startsWith('models/');

/** Of ONNX Runtime's two builds a browser ever loads one: the one that `ort-web.ts` chooses by the same test. */
export const isNeeded = (path: string, canSuspend: boolean): boolean =>
  !RUNTIME.test(path) || JSPI.test(path) === canSuspend;
