import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import { type Runtime, timerGrainMs } from './runtime.ts';
import { createSession, type Ort } from './session.ts';

/** The module itself, for the overhead benchmark to compare with. */
export const importNodeOrt = async (): Promise<Ort> => ort as unknown as Ort;

/** ONNX Runtime for Node. @param threads of the cpu backend */
export async function createNodeRuntime(threads: number): Promise<Runtime> {
  return {
    info: {
      ortVersion: ort.env.versions.node ?? ort.env.versions.common,
      ortBuild: 'node',
      crossOriginIsolated: false,
      timerGrainMs: timerGrainMs(),
    },
    // Node's build tells of no loss: the run fails, and the worker is replaced for that.
    lost: new Promise(() => {}),
    createSession: (model, backend) => createSession(ort as unknown as Ort, model, backend, threads),
  };
}
