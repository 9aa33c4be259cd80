import type { Device } from '../../../solver/documents/common.ts';
import { describeAdapter, requestAdapter, whyNoWebGpu } from '../../../workers/environment/browser.ts';
import { timerGrainMs } from '../../../workers/runtime/runtime.ts';
import { adapterText, bytes, milliseconds, plural } from '../../components/format.ts';

/** State of a check; `note` is a fact that is neither good nor bad. */
export type CheckState = 'good' | 'warn' | 'bad' | 'note';

export interface Check {
  readonly label: string;
  readonly state: CheckState;
  readonly value: string;
  /** What the user can do about it; absent if there is nothing to do. */
  readonly remedy?: string;
}

/** Whether the page works without a network. */
export type Offline =
  | { readonly state: 'keeping'; readonly kept: number; readonly total: number }
  | { readonly state: 'kept' }
  | { readonly state: 'failed'; readonly why: string };

export interface Preflight {
  readonly checks: readonly Check[];
  readonly adapter: Device['adapter'];
  /** Why this browser cannot measure on WebGPU; null if it can. */
  readonly whyNoWebGpu: string | null;
}

const MIN_STORAGE_BYTES = 50e6;
/** With this timer resolution, a median of 1 ms is off by at most 2 %. */
const FINE_GRAIN_MS = 0.02;

/** Checks the capabilities of this browser and device. */
export async function preflight(): Promise<Preflight> {
  const found = await requestAdapter();
  const adapter = describeAdapter(found);
  return {
    adapter,
    whyNoWebGpu: whyNoWebGpu(found),
    checks: [
      webgpu(),
      adapterCheck(adapter),
      ...(found ? features(found) : []),
      isolation(),
      timer(),
      await storage(),
      ortBuild(),
    ],
  };
}

function webgpu(): Check {
  const label = 'WebGPU';
  if (navigator.gpu) return { label, state: 'good', value: 'yes' };
  const remedy = isSecureContext
    ? 'Use a recent Chrome, Edge, Safari or Firefox; in Chrome on Linux, turn on chrome://flags/#enable-unsafe-webgpu. Without WebGPU, wasm is measured.'
    : 'Open this page by https, or on localhost. Without WebGPU, wasm is measured.';
  return { label, state: 'bad', value: 'no', remedy };
}

function adapterCheck(adapter: Device['adapter']): Check {
  const label = 'Adapter';
  if (!adapter)
    return {
      label,
      state: 'bad',
      value: 'none',
      remedy:
        'Turn on hardware acceleration in the browser, and update the driver of the GPU. Without an adapter, wasm is measured.',
    };
  if (adapter.software)
    return {
      label,
      state: 'warn',
      value: `SOFTWARE: ${adapterText(adapter)}`,
      remedy:
        'WebGPU runs on the CPU. Turn on hardware acceleration in the browser, and update the driver of the GPU.',
    };
  return { label, state: 'good', value: adapterText(adapter) };
}

function features({ features, limits }: GPUAdapter): Check[] {
  const has = (feature: GPUFeatureName) => (features.has(feature) ? 'yes' : 'no');
  return [
    { label: 'f16 shaders', state: 'note', value: has('shader-f16') },
    { label: 'Subgroups', state: 'note', value: has('subgroups' as GPUFeatureName) },
    { label: 'Largest buffer', state: 'note', value: bytes(limits.maxBufferSize) },
    { label: 'Storage binding', state: 'note', value: bytes(limits.maxStorageBufferBindingSize) },
    { label: 'Workgroup storage', state: 'note', value: bytes(limits.maxComputeWorkgroupStorageSize) },
    {
      label: 'Workgroup size',
      state: 'note',
      value: plural(limits.maxComputeInvocationsPerWorkgroup, 'invocation'),
    },
  ];
}

const ISOLATION_REMEDY =
  'Reload this page: its service worker then adds the headers that this host does not send. If that does not help, the ' +
  'host must send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

function isolation(): Check {
  const label = 'Cross-origin isolated';
  return crossOriginIsolated
    ? { label, state: 'good', value: 'yes' }
    : { label, state: 'bad', value: 'no: one thread, coarse timer', remedy: ISOLATION_REMEDY };
}

function timer(): Check {
  const grain = timerGrainMs();
  const label = 'Timer grain';
  return grain <= FINE_GRAIN_MS
    ? { label, state: 'good', value: milliseconds(grain) }
    : {
        label,
        state: 'warn',
        value: milliseconds(grain),
        remedy: `Short latencies are measured coarsely. ${ISOLATION_REMEDY}`,
      };
}

async function storage(): Promise<Check> {
  const label = 'Storage left';
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate()) ?? {};
  const left = Math.max(0, quota - usage);
  return left >= MIN_STORAGE_BYTES
    ? { label, state: 'good', value: bytes(left) }
    : {
        label,
        state: 'warn',
        value: bytes(left),
        remedy: 'Free space on the disk, or delete saved profiles and pipelines.',
      };
}

function ortBuild(): Check {
  const jspi = 'Suspending' in WebAssembly;
  return { label: 'ONNX Runtime', state: 'note', value: jspi ? 'jspi build' : 'asyncify build' };
}

/** The check "Works offline", which changes while the page is open, unlike the others. */
export function offlineCheck(now: Offline): Check {
  const label = 'Works offline';
  if (now.state === 'kept') return { label, state: 'good', value: 'yes' };
  if (now.state === 'keeping')
    return { label, state: 'note', value: now.total ? `saving ${now.kept} of ${now.total} files` : 'saving' };
  return {
    label,
    state: 'warn',
    value: 'no',
    remedy: `Not everything could be saved for use without a network (${now.why}). Open this page by https or on localhost, outside of a private window and with space on the disk, and reload it.`,
  };
}
