import type { Tensor as OrtTensor } from 'onnxruntime-common';
import type { KeptTensor, Tensor } from '../../models/tasks/tensor.ts';
import type { Ort } from './ort.ts';

/** Sizes and offsets of copies between GPU buffers are multiples of this many bytes. */
const COPY_BYTES = 4;

/** An output of a session that stays in memory of ONNX Runtime's backend. */
export class OrtKeptTensor implements KeptTensor {
  /** @param device the GPU device of a tensor in GPU memory */
  constructor(
    readonly tensor: OrtTensor,
    private readonly ort: Ort,
    private readonly device: GPUDevice | undefined,
  ) {}

  get dims(): readonly number[] {
    return this.tensor.dims;
  }

  rows(indices: readonly number[]): OrtKeptTensor {
    const rows = this.tensor.location === 'gpu-buffer' ? this.#copyOnGpu(indices) : this.#copy(indices);
    return new OrtKeptTensor(rows, this.ort, this.device);
  }

  dispose(): void {
    this.tensor.dispose();
  }

  #dimsOf(indices: readonly number[]): number[] {
    return [indices.length, ...this.tensor.dims.slice(1)];
  }

  #copy(indices: readonly number[]): OrtTensor {
    const { type, dims } = this.tensor;
    const data = this.tensor.data as Float32Array;
    const size = data.length / dims[0]!;
    const copy = new (data.constructor as Float32ArrayConstructor)(size * indices.length);
    indices.forEach((row, i) => {
      copy.set(data.subarray(row * size, (row + 1) * size), i * size);
    });
    return new this.ort.Tensor(type as Tensor['type'], copy, this.#dimsOf(indices));
  }

  #copyOnGpu(indices: readonly number[]): OrtTensor {
    const { gpuBuffer, size, type, dims } = this.tensor;
    const rowBytes = (size / dims[0]!) * (type === 'float16' ? 2 : 4);
    if (rowBytes % COPY_BYTES !== 0)
      throw new Error(
        `A row of ${rowBytes} bytes cannot be copied on the GPU: expected a multiple of ${COPY_BYTES}.`,
      );
    const device = this.device!;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const copy = device.createBuffer({ size: rowBytes * indices.length, usage });
    const encoder = device.createCommandEncoder();
    indices.forEach((row, i) => {
      encoder.copyBufferToBuffer(gpuBuffer as GPUBuffer, row * rowBytes, copy, i * rowBytes, rowBytes);
    });
    device.queue.submit([encoder.finish()]);
    return this.ort.Tensor.fromGpuBuffer!(copy, {
      dataType: type,
      dims: this.#dimsOf(indices),
      dispose: () => copy.destroy(),
    });
  }
}
