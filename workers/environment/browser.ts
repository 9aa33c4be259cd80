import { offerCode } from '../runtime/shared-code.ts';
import { type RawWorker, StageWorker } from '../stage/stage-worker.ts';
import { describeAdapter, requestAdapter, whyNoWebGpu } from './adapter.ts';
import { browserName } from './browser-name.ts';
import type { Environment } from './environment.ts';

interface UserAgentData {
  readonly platform: string;
  readonly brands: readonly { brand: string; version: string }[];
}

const NOT_LOADED =
  'its code could not be loaded (the network is off, or the host has a newer version of this page: then reload it)';

/** Wraps a web worker, and adds a promise for its end, because a web worker fires no event when it is terminated. */
export function rawWorker(worker: Worker): RawWorker {
  let end: (reason: string) => void;
  const gone = new Promise<string>((resolve) => {
    end = resolve;
  });
  worker.addEventListener('error', (event) => end(event.message || NOT_LOADED));
  const terminate = () => {
    worker.terminate();
    end('it was terminated');
  };
  return { endpoint: worker, gone, terminate };
}

/** The environment of a page: stage workers are web workers. */
export function browserEnvironment(): Environment {
  return {
    reference: 'wasm',
    logicalCores: navigator.hardwareConcurrency,
    hidden: () => document.visibilityState === 'hidden',
    visible: () =>
      new Promise((resolve) => {
        if (document.visibilityState !== 'hidden') return resolve();
        document.addEventListener('visibilitychange', () => resolve(), { once: true });
      }),
    spawn(id, threads, signal) {
      const worker = new Worker(new URL('../stage/worker.browser.ts', import.meta.url), {
        type: 'module',
        name: id,
      });
      offerCode(worker);
      return StageWorker.start(id, rawWorker(worker), threads, signal);
    },
    async describe(runtime) {
      return {
        environment: 'browser',
        agent: browserName({ brands: userAgentData()?.brands, userAgent: navigator.userAgent }),
        platform: userAgentData()?.platform || navigator.platform,
        logicalCores: navigator.hardwareConcurrency,
        adapter: describeAdapter(await requestAdapter()),
        ...runtime,
      };
    },
    async unavailable(backend) {
      if (backend === 'wasm') return null;
      if (backend !== 'webgpu') return 'a browser has webgpu and wasm';
      return whyNoWebGpu(await requestAdapter());
    },
  };
}

const userAgentData = (): UserAgentData | undefined =>
  (navigator as Navigator & { userAgentData?: UserAgentData }).userAgentData;
