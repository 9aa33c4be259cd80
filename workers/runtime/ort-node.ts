import './no-telemetry.ts';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TraceFolderError } from './errors.ts';
import { nodeRuntimeInfo } from './node-info.ts';
import type { Ort } from './ort.ts';
import type { Runtime } from './runtime.ts';
import { createSession, type Tracing } from './session.ts';

/**
 * Loads ONNX Runtime without the project's code around it. The import is dynamic, because in a worker bundled into one file,
 * static imports load all packages before `no-telemetry.ts` runs.
 */
export async function importNodeOrt(): Promise<Ort> {
  const ort = (await import('onnxruntime-node')) as unknown as Ort;
  holdFloat16AsBits(ort);
  return ort;
}

/**
 * Makes ONNX Runtime hold float16 values as 16-bit integers, as it does where JavaScript has no class Float16Array (before Node 24).
 * Its binding for Node takes a Float16Array for empty (pull request 32323 of microsoft/onnxruntime). ONNX Runtime looks for the class
 * once, when it makes its first tensor, so the class is hidden meanwhile.
 */
function holdFloat16AsBits({ Tensor }: Ort): void {
  const hidden = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
  if (!hidden) return;
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    new Tensor('uint8', new Uint8Array(1), [1]);
  } finally {
    Object.defineProperty(globalThis, 'Float16Array', hidden);
  }
}

/**
 * By default, a model may name any file in the working directory as its weights, such as one with a token, and could return the
 * file's content as a result. A path that is no folder leaves ONNX Runtime only the weights that it is given, which were checked.
 */
const NO_FOLDER = process.execPath;

/** Loads ONNX Runtime for Node. @param threads number of threads of the cpu backend */
export async function createNodeRuntime(threads: number): Promise<Runtime> {
  const ort = await importNodeOrt();
  return {
    info: nodeRuntimeInfo(),
    // Node's build does not report a lost device. Later runs then fail, and the worker stays until the service restarts.
    lost: new Promise(() => {}),
    async createSession(model, backend, { keeps = false, weights = {}, profiled = false } = {}) {
      const tracing = profiled ? await fileTracing() : undefined;
      const weightsFolder = NO_FOLDER;
      const options = { backend, threads, keeps, weights, weightsFolder, ...(tracing && { tracing }) };
      try {
        return await createSession(ort, model, options);
      } catch (error) {
        await tracing?.delete();
        throw error;
      }
    },
  };
}

/** In Node, ONNX Runtime's profiler writes a file. The file gets a temporary folder of its own, which is easy to delete. */
async function fileTracing(): Promise<Tracing> {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-operators-')).catch((cause) => {
    throw new TraceFolderError(tmpdir(), cause);
  });
  return {
    prefix: join(folder, 'trace'),
    async read(end, take) {
      end();
      let last = '';
      for (const file of await readdir(folder))
        for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
          take(line);
          last = line;
        }
      // ONNX Runtime does not report that it could not write, as on a full disk.
      if (last.trim() !== ']') throw new TraceFolderError(tmpdir(), 'its end is missing');
    },
    delete: () => rm(folder, { recursive: true, force: true }),
  };
}
