import './no-telemetry.ts';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as ort from 'onnxruntime-node';
import type { Ort } from './ort.ts';
import { type Runtime, timerGrainMs } from './runtime.ts';
import { createSession, type Tracing } from './session.ts';

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
    async createSession(model, backend, { keeps = false, weights = {}, profiled = false } = {}) {
      const tracing = profiled ? await fileTracing() : undefined;
      const options = { backend, threads, keeps, weights, ...(tracing && { tracing }) };
      try {
        return await createSession(ort as unknown as Ort, model, options);
      } catch (error) {
        await tracing?.delete();
        throw error;
      }
    },
  };
}

/** In Node, ONNX Runtime's profiler writes a file. The file gets a temporary folder of its own, which is easy to delete. */
async function fileTracing(): Promise<Tracing> {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-operators-'));
  return {
    prefix: join(folder, 'trace'),
    async read(end, take) {
      end();
      for (const file of await readdir(folder))
        for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) take(line);
    },
    delete: () => rm(folder, { recursive: true, force: true }),
  };
}
