import { signal } from '@preact/signals';
import { type Kept, type Order, WORKER_FILE } from '../../service-worker/messages.ts';
import { running } from '../measure/profiling.ts';
import { adding } from '../pipelines/adding.ts';
import { trying } from '../try/trying.ts';
import type { Offline } from './preflight.ts';

/** Whether the page works without a network; null if the page starts no service worker, as on the development server. */
export const offline = signal<Offline | null>(null);
/** The service worker of a newer build, which waits until no tab shows the current one. */
export const newer = signal<ServiceWorker | null>(null);

const order = (worker: ServiceWorker, what: Order) => worker.postMessage(what);

/** Starts the service worker, which caches the page for use without a network and adds headers that the host does not send. */
export async function startOffline(): Promise<void> {
  offline.value = { state: 'keeping', kept: 0, total: 0 };
  try {
    if (!('serviceWorker' in navigator))
      throw new Error(
        isSecureContext ? 'this browser or window has no service workers' : 'this is not https',
      );
    const url = new URL(WORKER_FILE, document.baseURI);
    const registration = await navigator.serviceWorker.register(url, { updateViaCache: 'none' });
    const worker = await activated(registration);
    if (isolatedByReload()) return location.reload();
    watchUpdates(registration);
    navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<Kept>) => take(data));
    order(worker, 'keep-everything');
  } catch (error) {
    offline.value = { state: 'failed', why: (error as Error).message };
  }
}

/** Reloads the page with the newer build. */
export function takeOver(): void {
  const worker = newer.value!;
  const reload = () => location.reload();
  if (worker.state === 'installed') {
    // After a hard reload, the page has no controller and gets no `controllerchange`, so this waits for the new state.
    worker.addEventListener('statechange', reload, { once: true });
    order(worker, 'take-over');
  } else reload();
}

function take({ kept, total, failed }: Kept): void {
  if (failed !== undefined) offline.value = { state: 'failed', why: failed };
  else offline.value = kept < total ? { state: 'keeping', kept, total } : { state: 'kept' };
}

function activated({ installing, active }: ServiceWorkerRegistration): Promise<ServiceWorker> {
  return new Promise((resolve, reject) => {
    if (active) return resolve(active);
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'redundant') reject(new Error('its files could not all be saved'));
    });
    void navigator.serviceWorker.ready.then((ready) => resolve(ready.active!));
  });
}

const RELOADED = 'ipa-edge/reloaded';

/**
 * Whether to reload the page for cross-origin isolation, because the page was loaded before the service worker could add the
 * headers. True at most once per tab, and never while the tab measures, runs a plan or adds models, which a reload would end.
 */
function isolatedByReload(): boolean {
  const isWorking = running.value || trying.value || adding.value;
  if (crossOriginIsolated || isWorking) return false;
  try {
    if (sessionStorage.getItem(RELOADED)) return false;
    sessionStorage.setItem(RELOADED, 'yes');
    return true;
  } catch {
    // Without sessionStorage the page might reload forever.
    return false;
  }
}

function watchUpdates(registration: ServiceWorkerRegistration): void {
  const update = () => {
    // After another tab has activated the newer build, no service worker waits any more, but this tab still shows the older
    // build.
    newer.value = registration.waiting ?? newer.value;
  };
  const follow = () => registration.installing?.addEventListener('statechange', update);
  update();
  // Another tab may have found the newer build before this one was opened.
  follow();
  registration.addEventListener('updatefound', follow);
}
