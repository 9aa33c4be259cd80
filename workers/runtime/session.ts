import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import {
  dimOf,
  type Feeds,
  type Fetches,
  type SessionRun,
  type Tensor,
  type TensorInfo,
  type Tensors,
} from '../../models/tasks/tensor.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { DeviceLostError } from './errors.ts';
import { OrtKeptTensor } from './kept-tensor.ts';
import type { Ort } from './ort.ts';
import type { ModelOptions, OrtSession } from './runtime.ts';

interface SessionOptions extends Omit<ModelOptions, 'profiled'> {
  readonly backend: Backend;
  /** Number of threads of a CPU backend. */
  readonly threads: number;
  /** The folder with files of weights that are not in `weights`; absent in browsers, where ONNX Runtime has no files. */
  readonly weightsFolder?: string;
  /** Returns the GPU device of the sessions. Undefined for wasm, and in Node, where outputs are always copied to the CPU. */
  device?(): Promise<GPUDevice>;
  /** Resolves with the reason when that device is lost. Undefined for wasm, and in Node, whose build does not report a loss. */
  readonly lost?: Promise<string>;
  /** Access to the profiler's output; absent if the session is not profiled. */
  readonly tracing?: Tracing;
}

/** Access to the output of ONNX Runtime's profiler, which is a file in Node and the console in browsers. */
export interface Tracing {
  /** Beginning of the path of the profiler's file; absent where the profiler prints instead. */
  readonly prefix?: string;
  /** Calls `end`, which ends the profiler, and calls `take` with each line that the profiler has written. */
  read(end: () => void, take: (line: string) => void): Promise<void>;
  /** Deletes what the profiler has written. */
  delete(): Promise<void>;
}

/** Longest wait for the report of a lost device, which follows a failed run after a round trip to the browser's GPU process. */
const LOSS_TOLD_MS = 1000;

/** Throws DeviceLostError if a run failed because the device was lost, otherwise the run's own error. */
async function failRun(error: unknown, lost: Promise<string> | undefined): Promise<never> {
  const waited = new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_TOLD_MS, undefined));
  const reason = await (lost && Promise.race([lost, waited]));
  throw reason === undefined ? error : new DeviceLostError(reason);
}

/** Name, type and dimensions of a session's input or output, from ONNX Runtime's metadata. */
export const tensorInfo = (value: InferenceSession.ValueMetadata): TensorInfo =>
  value.isTensor
    ? {
        name: value.name,
        type: value.type,
        dims: value.shape.map(dimOf),
      }
    : { name: value.name, type: 'not a tensor', dims: [] };

export async function createSession(
  ort: Ort,
  model: Uint8Array,
  { backend, threads, keeps, weights, weightsFolder, device: deviceOf, lost, tracing }: SessionOptions,
): Promise<OrtSession> {
  const onDevice = keeps && backend === 'webgpu' && deviceOf !== undefined;
  const externalData = Object.entries(weights).map(([path, data]) => ({ path, data }));
  const options = (strict: boolean): InferenceSession.SessionOptions => ({
    // The backend's name is in an object, because with a plain string graph capture gave wrong outputs.
    executionProviders: [{ name: backend }],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(externalData.length > 0 && { externalData }),
    ...(tracing && { enableProfiling: true }),
    ...(tracing?.prefix && { profileFilePrefix: tracing.prefix }),
    ...(onDevice && { preferredOutputLocation: 'gpu-buffer' }),
    extra: {
      session: {
        ...(weightsFolder && { model_external_initializers_file_folder_path: weightsFolder }),
        ...(strict && { disable_cpu_ep_fallback: '1' }),
      },
    },
  });
  let cpuFallback = false;
  let session: InferenceSession;
  // With the profiler on, the trace shows where each node runs, so the fallback need not be detected.
  if (onGpu(backend) && !tracing) {
    // Forbid the fallback first: only a refusal shows that some nodes would run on the CPU.
    session = await ort.InferenceSession.create(model, options(true)).catch(() => {
      cpuFallback = true;
      return ort.InferenceSession.create(model, options(false));
    });
  } else {
    session = await ort.InferenceSession.create(model, options(false));
  }
  const device = onDevice ? await deviceOf() : undefined;
  async function compute(feeds: Record<string, OrtTensor>, { read, keep }: Fetches) {
    const start = performance.now();
    const fetched = await session.run(feeds, [...read, ...keep]);
    // Stop the clock only when the outputs are computed, because the GPU may still be busy after `run()`.
    const data = await Promise.all(read.map((name) => fetched[name]!.getData(true)));
    if (read.length === 0) await device?.queue.onSubmittedWorkDone();
    return { fetched, data, ms: performance.now() - start };
  }
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    cpuFallback,
    async run(feeds: Feeds, { read, keep }: Fetches = { read: session.outputNames, keep: [] }) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const [name, feed] of Object.entries(feeds))
        ortFeeds[name] = feed instanceof OrtKeptTensor ? feed.tensor : fromTensor(ort, feed as Tensor);
      const { fetched, data, ms } = await compute(ortFeeds, { read, keep }).catch((error) =>
        failRun(error, lost),
      );
      const outputs = read.map((name, i) => {
        const { type, dims } = fetched[name]!;
        return [name, { type, data: data[i], dims: [...dims] } as Tensor];
      });
      const kept = keep.map((name) => [name, new OrtKeptTensor(fetched[name]!, ort, device)]);
      return {
        outputs: Object.fromEntries(outputs) as Tensors,
        ...(keep.length > 0 && { kept: Object.fromEntries(kept) as SessionRun['kept'] & object }),
        ms,
      };
    },
    endProfiling: (take) => tracing!.read(() => session.endProfiling(), take),
    async release() {
      await session.release();
      await tracing?.delete();
    },
  };
}

const fromTensor = (ort: Ort, { type, data, dims }: Tensor): OrtTensor => new ort.Tensor(type, data, dims);
