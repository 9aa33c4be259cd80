import type { NumberTensor, Tensor } from '../../agent/oip/tensor.ts';

/** The tensor of that name, which must be one of numbers. */
export function numbersIn(tensors: readonly Tensor[], name: string): NumberTensor {
  const tensor = tensors.find((one) => one.name === name);
  if (!tensor || tensor.datatype === 'BYTES')
    throw new Error(`Expected a tensor of numbers "${name}", found ${tensor?.datatype ?? 'none'}.`);
  return tensor;
}
