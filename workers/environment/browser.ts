import type { Device } from '../../solver/documents/common.ts';
import { type RawWorker, StageWorker } from '../stage/stage-worker.ts';
import { type Environment, SOFTWARE_ADAPTER } from './environment.ts';

interface UserAgentData {
  readonly platform: string;
  readonly brands: readonly { brand: string; version: string }[];
}

/** A web worker as what waits for it needs it. */
export function rawWorker(worker: Worker): RawWorker {
  let end: (reason: string) => void;
  const gone = new Promise<string>((resolve) => {
    end = resolve;
  });
  worker.addEventListener('error', (event) => end(event.message || 'it could not be loaded'));
  const terminate = () => {
    worker.terminate();
    end('it was terminated');
  };
  return { endpoint: worker, gone, terminate };
}

/** The environment of a page: stage workers are web workers. */
export function browserEnvironment(): Environment {
  return {
    backends: ['webgpu', 'wasm'],
    reference: 'wasm',
    logicalCores: navigator.hardwareConcurrency,
    hidden: () => document.visibilityState === 'hidden',
    visible: () =>
      new Promise((resolve) => {
        if (document.visibilityState !== 'hidden') return resolve();
        document.addEventListener('visibilitychange', () => resolve(), { once: true });
      }),
    spawn(id, threads) {
      const worker = new Worker(new URL('../stage/worker.browser.ts', import.meta.url), {
        type: 'module',
        name: id,
      });
      return StageWorker.start(id, rawWorker(worker), threads);
    },
    async describe(runtime) {
      return {
        environment: 'browser',
        agent: agent(),
        platform: userAgentData()?.platform || navigator.platform,
        logicalCores: navigator.hardwareConcurrency,
        adapter: await adapter(),
        ...runtime,
      };
    },
    async unavailable(backend) {
      if (backend === 'wasm') return null;
      if (backend !== 'webgpu') return 'a browser has webgpu and wasm';
      if (!navigator.gpu)
        return 'this browser has no WebGPU, or the page is not served from https or localhost';
      return (await navigator.gpu.requestAdapter()) ? null : 'WebGPU is on, but the browser gives no adapter';
    },
  };
}

const userAgentData = (): UserAgentData | undefined =>
  (navigator as Navigator & { userAgentData?: UserAgentData }).userAgentData;

function agent(): string {
  const brand = userAgentData()?.brands.find(({ brand }) => !/not.?a.?brand/i.test(brand));
  return brand ? `${brand.brand} ${brand.version}` : navigator.userAgent;
}

async function adapter(): Promise<Device['adapter']> {
  const found = await navigator.gpu?.requestAdapter();
  if (!found) return null;
  const { vendor, architecture, description, isFallbackAdapter } = found.info;
  const software = isFallbackAdapter || SOFTWARE_ADAPTER.test(`${vendor} ${architecture} ${description}`);
  return { vendor, architecture, description, software };
}
