import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { InputTensor, OutputTensor } from '../../models/tasks/task.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Session, TensorInfo } from './runtime.ts';

/** What both builds of ONNX Runtime have in common. */
export interface Ort {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}

function tensorInfo(all: readonly InferenceSession.ValueMetadata[]): TensorInfo {
  const first = all[0];
  if (!first?.isTensor) return { name: first?.name ?? '', type: 'not a tensor', dims: [] };
  return {
    name: first.name,
    type: first.type,
    dims: first.shape.map((d) => (typeof d === 'number' ? d : null)),
  };
}

/** Creates a session of `ort`. @param threads of a CPU backend */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  backend: Backend,
  threads: number,
): Promise<Session> {
  const options = (strict: boolean): InferenceSession.SessionOptions => ({
    // Always as an object: the string form gave wrong outputs with graph capture.
    executionProviders: [{ name: backend }],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(strict && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  let cpuFallback = false;
  let session: InferenceSession;
  if (onGpu(backend)) {
    // Strictly first: it is the one way to learn whether nodes would run on the CPU.
    session = await ort.InferenceSession.create(model, options(true)).catch(() => {
      cpuFallback = true;
      return ort.InferenceSession.create(model, options(false));
    });
  } else {
    session = await ort.InferenceSession.create(model, options(false));
  }
  const input = tensorInfo(session.inputMetadata);
  const output = tensorInfo(session.outputMetadata);
  return {
    input,
    output,
    cpuFallback,
    async run({ data, dims }: InputTensor) {
      const feeds = { [input.name]: new ort.Tensor('float32', data, dims) };
      const start = performance.now();
      const tensor = (await session.run(feeds))[output.name]!;
      // Not `run()` but readable data ends the work: a GPU may still be busy.
      const values = (await tensor.getData()) as Float32Array;
      const inferenceMs = performance.now() - start;
      const result: OutputTensor = { data: values, dims: [...tensor.dims] };
      return { output: result, inferenceMs };
    },
    release: () => session.release(),
  };
}
