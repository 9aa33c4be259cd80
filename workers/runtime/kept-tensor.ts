import type { Tensor as OrtTensor } from 'onnxruntime-common';
import type { KeptTensor, Tensor } from '../../models/tasks/tensor.ts';
import type { Ort } from './ort.ts';

/** Sizes and offsets of copies between GPU buffers are multiples of this many bytes. */
const COPY_BYTES = 4;

/** An output of a session that stays in the memory of ONNX Runtime's backend. */
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

  select(rows: readonly number[]): OrtKeptTensor {
    const { tensor } = this;
    const selected = tensor.location === 'gpu-buffer' ? this.#copyOnGpu(rows) : this.#select(rows);
    tensor.dispose();
    return new OrtKeptTensor(selected, this.ort, this.device);
  }

  dispose(): void {
    this.tensor.dispose();
  }

  #dimsOf(rows: readonly number[]): number[] {
    return [rows.length, ...this.tensor.dims.slice(1)];
  }

  #select(rows: readonly number[]): OrtTensor {
    const { type, dims } = this.tensor;
    const data = this.tensor.data as Float32Array;
    const size = data.length / dims[0]!;
    // Rows can move in place if each stays where it is or comes from behind the first `rows.length` rows: then no copy overwrites
    // a row that is still to be copied.
    const inPlace = rows.every((from, to) => from === to || from >= rows.length);
    const selected = inPlace
      ? data.subarray(0, rows.length * size)
      : new (data.constructor as Float32ArrayConstructor)(rows.length * size);
    rows.forEach((from, to) => {
      if (!inPlace || from !== to) selected.set(data.subarray(from * size, (from + 1) * size), to * size);
    });
    return new this.ort.Tensor(type as Tensor['type'], selected, this.#dimsOf(rows));
  }

  #copyOnGpu(rows: readonly number[]): OrtTensor {
    const { gpuBuffer, size, type, dims } = this.tensor;
    const rowBytes = (size / dims[0]!) * (type === 'float16' ? 2 : 4);
    if (rowBytes % COPY_BYTES !== 0)
      throw new Error(
        `A row of ${rowBytes} bytes cannot be copied on the GPU: expected a multiple of ${COPY_BYTES}.`,
      );
    const device = this.device!;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const copy = device.createBuffer({ size: rowBytes * rows.length, usage });
    const encoder = device.createCommandEncoder();
    for (let to = 0, end = 1; to < rows.length; to = end++) {
      // Rows that follow each other in the source are one command, because each command costs time.
      while (end < rows.length && rows[end] === rows[end - 1]! + 1) end++;
      const bytes = (end - to) * rowBytes;
      encoder.copyBufferToBuffer(gpuBuffer as GPUBuffer, rows[to]! * rowBytes, copy, to * rowBytes, bytes);
    }
    device.queue.submit([encoder.finish()]);
    return this.ort.Tensor.fromGpuBuffer!(copy, {
      dataType: type,
      dims: this.#dimsOf(rows),
      dispose: () => copy.destroy(),
    });
  }
}
