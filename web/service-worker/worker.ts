import { HEADERS } from '../../workers/environment/page-headers.ts';
import { isNeeded, type PrecachedFile } from './files.ts';
import type { Kept, Order } from './messages.ts';

/**
 * This service worker serves the page without a network, and adds headers on hosts that do not send them. The cache's keys are
 * the files' hashes, so that a new build fetches only changed files. A new build takes over when no tab shows the old one any
 * more, or when the user presses Reload.
 */

interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface MessageEventFromPage extends WaitingEvent {
  readonly data: Order;
  readonly source: { postMessage(message: Kept): void };
}
interface WorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WaitingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEventFromPage) => void): void;
}

/** The build replaces this name by the list of its files. */
declare const __PRECACHE__: readonly PrecachedFile[];

const worker = globalThis as unknown as WorkerScope;
const scope = worker.registration.scope;
const files = __PRECACHE__.filter(({ path }) => isNeeded(path, 'Suspending' in WebAssembly));
const byPath = new Map(files.map((file) => [file.path, file]));

// The page's path is in the name, because pages of one origin share caches, and pages at other paths may be other builds.
const openCache = () => caches.open(`ipa-edge ${scope}`);
const keyOf = ({ integrity }: PrecachedFile) => `${scope}?${new URLSearchParams({ integrity })}`;

worker.addEventListener('install', (event) => {
  const shell = files.filter((file) => file.shell);
  event.waitUntil(Promise.all(shell.map(keep)));
});

// Without `claim`, a tab that was opened before there was a service worker would load its later parts from the network alone.
worker.addEventListener('activate', (event) =>
  event.waitUntil(Promise.all([dropOld(), worker.clients.claim()])),
);

worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(worker.skipWaiting());
  else event.waitUntil(keepEverything((now) => event.source.postMessage(now)));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  event.respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const path = request.url.slice(scope.length).replace(/[?#].*$/, '') || 'index.html';
  const file = byPath.get(path);
  return withHeaders((file && (await cached(file))) ?? (await fetch(request)));
}

/** Reads a file from the cache; undefined if it is not there. Caches an `onUse` file first, if the network has it. */
async function cached(file: PrecachedFile): Promise<Response | undefined> {
  if (file.onUse) await keep(file).catch(() => {});
  return (await openCache()).match(keyOf(file));
}

function withHeaders(response: Response): Response {
  // Status 0 is a redirect, which the browser follows.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}

/** Caches a file unless it is cached already. The browser refuses a file with a wrong hash. */
async function keep(file: PrecachedFile): Promise<void> {
  const cache = await openCache();
  const key = keyOf(file);
  if (await cache.match(key)) return;
  const response = await fetch(scope + file.path, { integrity: file.integrity, cache: 'no-cache' }).catch(
    (cause: Error) => {
      throw new Error(`${file.path}: ${cause.message}`, { cause });
    },
  );
  if (!response.ok) throw new Error(`${file.path}: ${response.status} ${response.statusText}`);
  await cache.put(key, response);
}

/** Caches all files except those cached on use, one after the other, so that the page's own requests stay fast. */
async function keepEverything(report: (now: Kept) => void): Promise<void> {
  const wanted = files.filter(({ onUse }) => !onUse);
  const total = wanted.length;
  for (const [i, file] of wanted.entries()) {
    try {
      await keep(file);
    } catch (error) {
      return report({ kept: i, total, failed: (error as Error).message });
    }
    report({ kept: i + 1, total });
  }
}

/** Deletes cached files that only an older build needed. */
async function dropOld(): Promise<void> {
  const cache = await openCache();
  const current = new Set(files.map(keyOf));
  for (const { url } of await cache.keys()) if (!current.has(url)) await cache.delete(url);
}
