import type { Device } from '../../../solver/documents/common.ts';
import { describeAdapter, requestAdapter, whyNoWebGpu } from '../../../workers/environment/adapter.ts';
import { timerGrainMs } from '../../../workers/runtime/runtime.ts';
import { adapterText, bytes, milliseconds, plural } from '../../components/format.ts';
import { whyNotKept } from '../kept.ts';
import { keepsTabsApart } from '../tabs.ts';

/** State of a check; `note` is a fact that is neither good nor bad. */
export type CheckState = 'good' | 'warn' | 'bad' | 'note';

export interface Check {
  readonly label: string;
  readonly state: CheckState;
  readonly value: string;
  /** A sentence that describes the problem; `remedy` says what the user can do. Both are absent if there is nothing to do. */
  readonly problem?: string;
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

const STORAGE_BYTES_MIN = 50e6;
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
      webgpu(adapter),
      adapterCheck(adapter),
      ...(found ? features(found) : []),
      isolation(),
      timer(),
      await storage(),
      settingsStay(),
      await oneTab(),
      ortBuild(),
    ],
  };
}

const good = (label: string, value: string): Check => ({ label, state: 'good', value });
const note = (label: string, value: string): Check => ({ label, state: 'note', value });
const flawed =
  (state: 'warn' | 'bad') =>
  (label: string, value: string, problem: string, remedy: string): Check => ({
    label,
    state,
    value,
    problem,
    remedy,
  });
const warn = flawed('warn');
const bad = flawed('bad');

function webgpu(adapter: Device['adapter']): Check {
  const label = 'WebGPU';
  if (navigator.gpu) return adapter ? good(label, 'yes') : note(label, 'in this browser, but without a GPU');
  const remedy = isSecureContext
    ? 'Use a recent Chrome, Edge, Safari or Firefox. On Linux, turn on chrome://flags/#enable-unsafe-webgpu in Chrome, or ' +
      'dom.webgpu.enabled on about:config in Firefox. Without WebGPU, wasm is measured.'
    : 'Open this page over HTTPS or on localhost. Without WebGPU, wasm is measured.';
  return bad(label, 'no', 'This browser has no WebGPU.', remedy);
}

function adapterCheck(adapter: Device['adapter']): Check {
  const label = 'Adapter';
  const remedy = 'To measure a GPU, turn on the browser’s hardware acceleration and update the GPU driver.';
  if (!adapter)
    return bad(
      label,
      'none',
      'This browser finds no GPU that it can use.',
      `${remedy} Without one, wasm is measured.`,
    );
  const text = adapterText(adapter);
  return adapter.software
    ? warn(label, `SOFTWARE: ${text}`, 'WebGPU runs on the CPU here, not on a GPU.', remedy)
    : good(label, text);
}

function features({ features, limits }: GPUAdapter): Check[] {
  const has = (feature: GPUFeatureName) => (features.has(feature) ? 'yes' : 'no');
  return [
    note('f16 shaders', has('shader-f16')),
    note('Subgroups', has('subgroups' as GPUFeatureName)),
    note('Largest buffer', bytes(limits.maxBufferSize)),
    note('Storage binding', bytes(limits.maxStorageBufferBindingSize)),
    note('Workgroup storage', bytes(limits.maxComputeWorkgroupStorageSize)),
    note('Workgroup size', plural(limits.maxComputeInvocationsPerWorkgroup, 'invocation')),
  ];
}

const ISOLATION_REMEDY =
  'Reload this page: its service worker then adds the headers that this host does not send. If that does not help, the ' +
  'host must send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

function isolation(): Check {
  const label = 'Cross-origin isolated';
  return crossOriginIsolated
    ? good(label, 'yes')
    : bad(
        label,
        'no: one thread, coarse timer',
        'This page has one thread and a coarse clock.',
        ISOLATION_REMEDY,
      );
}

function timer(): Check {
  const grain = timerGrainMs();
  const [label, value] = ['Timer grain', milliseconds(grain)];
  return grain <= FINE_GRAIN_MS
    ? good(label, value)
    : warn(label, value, 'Short latencies are measured coarsely.', ISOLATION_REMEDY);
}

async function storage(): Promise<Check> {
  const label = 'Storage left';
  // A window that blocks all data of the page refuses to estimate.
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate().catch(() => null)) ?? {};
  const left = Math.max(0, quota - usage);
  return left >= STORAGE_BYTES_MIN
    ? good(label, bytes(left))
    : warn(
        label,
        bytes(left),
        'Little room is left to save measurements.',
        'Free space on the disk, or delete saved profiles and pipelines.',
      );
}

function settingsStay(): Check {
  const label = 'Settings stay';
  const why = whyNotKept();
  return why === null
    ? good(label, 'yes')
    : warn(
        label,
        'no',
        `Settings and pinned plans last until this page is closed: ${why}.`,
        'Copy the link under Share before you close the page.',
      );
}

async function oneTab(): Promise<Check> {
  const label = 'One tab measures';
  return (await keepsTabsApart())
    ? good(label, 'yes')
    : warn(
        label,
        'no',
        'This browser cannot keep two tabs from measuring at once.',
        'Open this page in one tab only, over HTTPS or on localhost, and allow it to keep data.',
      );
}

function ortBuild(): Check {
  const jspi = 'Suspending' in WebAssembly;
  return note('ONNX Runtime', jspi ? 'jspi build' : 'asyncify build');
}

/** The check "Works offline", which changes while the page is open, unlike the others. */
export function offlineCheck(now: Offline): Check {
  const label = 'Works offline';
  if (now.state === 'kept') return good(label, 'yes');
  if (now.state === 'keeping')
    return note(label, now.total ? `saving ${now.kept} of ${now.total} files` : 'saving');
  return warn(
    label,
    'no',
    `Not everything could be saved for use without a network (${now.why}).`,
    'Open this page over HTTPS or on localhost, not in a private window. Check the connection to its host and the space on the disk, then reload the page.',
  );
}
