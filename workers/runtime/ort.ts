import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Tensor, TensorType } from '../../models/tasks/tensor.ts';

/** The part of ONNX Runtime's API that its builds for Node and for browsers share. */
export interface Ort {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: {
    new (type: TensorType, data: Tensor['data'], dims: readonly number[]): OrtTensor;
    /** Makes a tensor of data that is on the GPU. Only builds for browsers have this function. */
    fromGpuBuffer?(
      buffer: GPUBuffer,
      options: { dataType: string; dims: readonly number[]; dispose: () => void },
    ): OrtTensor;
  };
}
