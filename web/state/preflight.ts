import type { Device } from '../../solver/documents/common.ts';
import { SOFTWARE_ADAPTER } from '../../workers/environment/environment.ts';
import { timerGrainMs } from '../../workers/runtime/runtime.ts';
import { adapterText } from '../components/Device.tsx';
import { bytes, milliseconds, plural } from '../components/format.ts';

/** `told` is neither good nor bad. */
export type CheckState = 'good' | 'warn' | 'bad' | 'told';

export interface Check {
  readonly label: string;
  readonly state: CheckState;
  readonly value: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Whether the page will open without a network. */
export type Offline =
  | { readonly state: 'keeping'; readonly kept: number; readonly total: number }
  | { readonly state: 'kept' }
  | { readonly state: 'failed'; readonly why: string };

export interface Preflight {
  readonly checks: readonly Check[];
  readonly adapter: Device['adapter'];
}

const MIN_STORAGE_BYTES = 50e6;
/** With this grain a median of a millisecond is exact to 2 %. */
const FINE_GRAIN_MS = 0.02;

/** What this browser and device can do, and what to do where they cannot. */
export async function preflight(): Promise<Preflight> {
  const found = (await navigator.gpu?.requestAdapter()) ?? null;
  const adapter = found && describe(found.info);
  return {
    adapter,
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

function describe({ vendor, architecture, description, isFallbackAdapter }: GPUAdapterInfo) {
  const software = isFallbackAdapter || SOFTWARE_ADAPTER.test(`${vendor} ${architecture} ${description}`);
  return { vendor, architecture, description, software };
}

function webgpu(): Check {
  const label = 'WebGPU';
  if (navigator.gpu) return { label, state: 'good', value: 'yes' };
  const remedy = isSecureContext
    ? 'Use a recent Chrome, Edge, Safari or Firefox; in Chrome on Linux, turn on chrome://flags/#enable-unsafe-webgpu. The wasm backend works without.'
    : 'Open this page by https, or on localhost.';
  return { label, state: 'bad', value: 'no', remedy };
}

function adapterCheck(adapter: Device['adapter']): Check {
  const label = 'Adapter';
  if (!adapter)
    return {
      label,
      state: 'bad',
      value: 'none',
      remedy: 'Turn on hardware acceleration in the browser, and update the driver of the GPU.',
    };
  if (adapter.software)
    return {
      label,
      state: 'warn',
      value: `SOFTWARE: ${adapterText(adapter)}`,
      remedy:
        'A CPU plays the GPU. Turn on hardware acceleration in the browser, and update the driver of the GPU.',
    };
  return { label, state: 'good', value: adapterText(adapter) };
}

function features({ features, limits }: GPUAdapter): Check[] {
  const has = (feature: GPUFeatureName) => (features.has(feature) ? 'yes' : 'no');
  return [
    { label: 'f16 shaders', state: 'told', value: has('shader-f16') },
    { label: 'Subgroups', state: 'told', value: has('subgroups' as GPUFeatureName) },
    { label: 'Largest buffer', state: 'told', value: bytes(limits.maxBufferSize) },
    { label: 'Storage binding', state: 'told', value: bytes(limits.maxStorageBufferBindingSize) },
    { label: 'Workgroup storage', state: 'told', value: bytes(limits.maxComputeWorkgroupStorageSize) },
    {
      label: 'Workgroup size',
      state: 'told',
      value: plural(limits.maxComputeInvocationsPerWorkgroup, 'invocation'),
    },
  ];
}

const ISOLATION_REMEDY =
  'Reload this page: its service worker then adds the headers that this host does not send. Where that does not help, serve ' +
  'it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, as `ipa-edge serve` does.';

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
        remedy: `Short latencies will be coarse. ${ISOLATION_REMEDY}`,
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
  return { label: 'ONNX Runtime', state: 'told', value: jspi ? 'jspi build' : 'asyncify build' };
}

/** Whether the page opens without a network; it may change while the page is open. */
export function offlineCheck(now: Offline): Check {
  const label = 'Works offline';
  if (now.state === 'kept') return { label, state: 'good', value: 'yes' };
  if (now.state === 'keeping')
    return { label, state: 'told', value: now.total ? `saving ${now.kept} of ${now.total} files` : 'saving' };
  return {
    label,
    state: 'warn',
    value: 'no',
    remedy: `Not everything could be saved for use without a network (${now.why}). Open this page by https or on localhost, outside of a private window and with space on the disk, and reload it.`,
  };
}
