import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Tensor, TensorInfo, Tensors, TensorType } from '../../models/tasks/tensor.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { OrtSession } from './runtime.ts';

/** The part of ONNX Runtime's API that its builds for Node and for browsers share. */
export interface Ort {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: new (type: TensorType, data: Tensor['data'], dims: readonly number[]) => OrtTensor;
}

const tensorInfo = (value: InferenceSession.ValueMetadata): TensorInfo =>
  value.isTensor
    ? {
        name: value.name,
        type: value.type,
        dims: value.shape.map((dim) => (typeof dim === 'number' ? dim : null)),
      }
    : { name: value.name, type: 'not a tensor', dims: [] };

/** Creates a session for a model. @param threads number of threads of a CPU backend */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  backend: Backend,
  threads: number,
): Promise<OrtSession> {
  const options = (strict: boolean): InferenceSession.SessionOptions => ({
    // An object instead of a string, because with the string form graph capture gave wrong outputs.
    executionProviders: [{ name: backend }],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
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
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    cpuFallback,
    async run(feeds: Tensors) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const [name, { type, data, dims }] of Object.entries(feeds))
        ortFeeds[name] = new ort.Tensor(type, data, dims);
      const start = performance.now();
      const fetched = Object.entries(await session.run(ortFeeds));
      // Stop the clock only when the outputs can be read, because the GPU may still be busy after `run()`.
      const data = await Promise.all(fetched.map(([, tensor]) => tensor.getData()));
      const ms = performance.now() - start;
      const outputs = fetched.map(([name, { type, dims }], i) => [
        name,
        { type, data: data[i], dims: [...dims] } as Tensor,
      ]);
      return { outputs: Object.fromEntries(outputs) as Tensors, ms };
    },
    release: () => session.release(),
  };
}
