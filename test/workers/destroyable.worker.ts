import { expose } from 'comlink';
import { createWebRuntime } from '../../workers/runtime/ort-web.ts';
import { StageHost } from '../../workers/stage/host.ts';

/** A stage worker whose GPU device can be taken away, as a driver reset does. */
export class DestroyableHost extends StageHost {
  async destroyDevice(): Promise<void> {
    const jspi = 'Suspending' in WebAssembly;
    const { env } = jspi ? await import('onnxruntime-web/jspi') : await import('onnxruntime-web/webgpu');
    ((await env.webgpu.device) as unknown as GPUDevice).destroy();
  }
}

expose(new DestroyableHost(createWebRuntime));
