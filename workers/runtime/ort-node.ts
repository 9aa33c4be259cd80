import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import type { Ort } from './ort.ts';
import { type Runtime, timerGrainMs } from './runtime.ts';
import { createSession } from './session.ts';

/** ONNX Runtime without the project's code around it, for the overhead benchmark. */
export const importNodeOrt = async (): Promise<Ort> => ort as unknown as Ort;

/** ONNX Runtime for Node. @param threads number of threads of the cpu backend */
export async function createNodeRuntime(threads: number): Promise<Runtime> {
  return {
    info: {
      ortVersion: ort.env.versions.node ?? ort.env.versions.common,
      ortBuild: 'node',
      crossOriginIsolated: false,
      timerGrainMs: timerGrainMs(),
    },
    // Node's build does not report a lost device. Later runs then fail, and the worker stays until the service restarts.
    lost: new Promise(() => {}),
    createSession: (model, backend, { keeps = false, weights = {} } = {}) =>
      createSession(ort as unknown as Ort, model, { backend, threads, keeps, weights }),
  };
}
