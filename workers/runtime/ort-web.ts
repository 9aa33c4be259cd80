import type { Device } from '../../solver/documents/common.ts';
import { message, OrtLoadError } from './errors.ts';
import type { Ort } from './ort.ts';
import { collectPrinted } from './printed.ts';
import { type Runtime, timerGrainMs } from './runtime.ts';
import { createSession, type Tracing } from './session.ts';

const canSuspend = (): boolean => 'Suspending' in WebAssembly;

const importOrt = () => (canSuspend() ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu'));

/** Loads ONNX Runtime without the project's code around it, for the overhead benchmark. */
export const importWebOrt = async (): Promise<Ort> => (await importOrt()) as unknown as Ort;

/** ONNX Runtime loads its WebAssembly at the first session, and reports a failure so. A missing GPU adapter is another error. */
const NOT_LOADED = /^no available backend found\. ERR: (\[wasm\]|\[webgpu\] RuntimeError: Aborted)/;

/**
 * Loads ONNX Runtime for browsers. The package's default entry loads a deprecated WebGPU build. This function loads the current
 * one: `/jspi` if WebAssembly can suspend, otherwise `/webgpu` (asyncify). Both also have the wasm backend.
 * @param threads number of threads of the wasm backend; more than 1 needs a cross-origin isolated page
 * @throws OrtLoadError
 */
export async function createWebRuntime(threads: number): Promise<Runtime> {
  const ort = await importOrt().catch((cause) => {
    throw new OrtLoadError(cause);
  });
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.simd = true;
  const ortBuild: Device['ortBuild'] = canSuspend() ? 'jspi' : 'asyncify';
  let reportLoss: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    reportLoss = resolve;
  });
  let watched = false;
  const device = async () => (await ort.env.webgpu.device) as unknown as GPUDevice;
  return {
    info: {
      ortVersion: ort.env.versions.web ?? ort.env.versions.common,
      ortBuild,
      crossOriginIsolated: globalThis.crossOriginIsolated,
      timerGrainMs: timerGrainMs(),
    },
    lost,
    async createSession(model, backend, { keeps = false, weights = {}, profiled = false } = {}) {
      const onGpu = backend === 'webgpu';
      const tracing = profiled && { tracing: printedTracing };
      const options = { backend, threads, keeps, weights, ...(onGpu && { device, lost }), ...tracing };
      const session = await createSession(ort as unknown as Ort, model, options).catch((cause) => {
        throw NOT_LOADED.test(message(cause)) ? new OrtLoadError(cause) : cause;
      });
      if (onGpu && !watched) {
        watched = true;
        (await device()).lost.then((loss) => reportLoss(loss.message || loss.reason));
      }
      return session;
    },
  };
}

/** In browsers, ONNX Runtime's profiler prints to the console, because it has no files there. */
const printedTracing: Tracing = {
  read: async (end, take) => collectPrinted(end, take),
  delete: async () => {},
};
