import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Feeds, Fetches, SessionRun, Tensor, TensorInfo, Tensors } from '../../models/tasks/tensor.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { OrtKeptTensor } from './kept-tensor.ts';
import type { Ort } from './ort.ts';
import type { ModelOptions, OrtSession } from './runtime.ts';

export interface SessionOptions extends ModelOptions {
  readonly backend: Backend;
  /** Number of threads of a CPU backend. */
  readonly threads: number;
  /** The GPU device of the backend's sessions; undefined in Node, where outputs always leave the GPU. */
  device?(): Promise<GPUDevice>;
}

const tensorInfo = (value: InferenceSession.ValueMetadata): TensorInfo =>
  value.isTensor
    ? {
        name: value.name,
        type: value.type,
        dims: value.shape.map((dim) => (typeof dim === 'number' ? dim : null)),
      }
    : { name: value.name, type: 'not a tensor', dims: [] };

/** Creates a session for a model. */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  { backend, threads, keeps, weights, device: deviceOf }: SessionOptions,
): Promise<OrtSession> {
  const onDevice = keeps && backend === 'webgpu' && deviceOf !== undefined;
  const externalData = Object.entries(weights).map(([path, data]) => ({ path, data }));
  const options = (strict: boolean): InferenceSession.SessionOptions => ({
    // An object instead of a string, because with the string form graph capture gave wrong outputs.
    executionProviders: [{ name: backend }],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(externalData.length > 0 && { externalData }),
    ...(onDevice && { preferredOutputLocation: 'gpu-buffer' }),
    ...(strict && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  let cpuFallback = false;
  let session: InferenceSession;
  if (onGpu(backend)) {
    // Forbid the fallback first: only a refusal shows that some nodes would run on the CPU.
    session = await ort.InferenceSession.create(model, options(true)).catch(() => {
      cpuFallback = true;
      return ort.InferenceSession.create(model, options(false));
    });
  } else {
    session = await ort.InferenceSession.create(model, options(false));
  }
  const device = onDevice ? await deviceOf() : undefined;
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    cpuFallback,
    async run(feeds: Feeds, { read, keep }: Fetches = { read: session.outputNames, keep: [] }) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const [name, feed] of Object.entries(feeds))
        ortFeeds[name] = feed instanceof OrtKeptTensor ? feed.tensor : fromTensor(ort, feed as Tensor);
      const start = performance.now();
      const fetched = await session.run(ortFeeds, [...read, ...keep]);
      // Stop the clock only when the outputs are computed, because the GPU may still be busy after `run()`.
      const data = await Promise.all(read.map((name) => fetched[name]!.getData(true)));
      if (read.length === 0) await device?.queue.onSubmittedWorkDone();
      const ms = performance.now() - start;
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
    release: () => session.release(),
  };
}

const fromTensor = (ort: Ort, { type, data, dims }: Tensor): OrtTensor => new ort.Tensor(type, data, dims);
