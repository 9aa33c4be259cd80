import type { Device } from '../../solver/documents/common.ts';

/** Names of adapters that run WebGPU on the CPU. Browsers do not always mark them as fallback adapters. */
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;

/** Requests a GPU adapter. @returns null if the browser has no WebGPU or gives no adapter */
export const requestAdapter = async (): Promise<GPUAdapter | null> =>
  (await navigator.gpu?.requestAdapter().catch(() => null)) ?? null;

/** Why WebGPU cannot be used with the adapter that {@link requestAdapter} returned; null if it can. */
export function whyNoWebGpu(adapter: GPUAdapter | null): string | null {
  if (adapter) return null;
  if (navigator.gpu) return 'this browser finds no GPU that it can use';
  return isSecureContext ? 'this browser has no WebGPU' : 'WebGPU needs a page from https or from localhost';
}

export function describeAdapter(adapter: GPUAdapter | null): Device['adapter'] {
  if (!adapter) return null;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const software = isFallbackAdapter || SOFTWARE_ADAPTER.test(`${vendor} ${architecture} ${description}`);
  return { vendor, architecture, description, software };
}
