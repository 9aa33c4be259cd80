import type { InferRequest } from '../../agent/oip/infer.ts';
import { type Body, decodeMessage, type InferResponse } from '../../agent/oip/infer.ts';
import { itemsTensors } from '../../agent/oip/items.ts';
import type { NumberTensor, Tensor } from '../../agent/oip/tensor.ts';
import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export const bytesTensor = (shape: number[], data: Uint8Array<ArrayBuffer>[]): Tensor => ({
  name: 'text',
  datatype: 'BYTES',
  shape,
  data,
});

export const batchRequest = ({ format }: PipelineStage, items: ItemBatch): InferRequest => ({
  inputs: itemsTensors(format, items),
});

/** Finds the tensor with this name, which must hold numbers. */
export function numbersIn(tensors: readonly Tensor[], name: string): NumberTensor {
  const tensor = tensors.find((one) => one.name === name);
  if (!tensor || tensor.datatype === 'BYTES')
    throw new Error(`Expected a tensor of numbers "${name}", found ${tensor?.datatype ?? 'none'}.`);
  return tensor;
}

export function decodeResponse(body: Body): InferResponse {
  const message = decodeMessage(body);
  if ('response' in message) return message.response;
  throw new Error('The message is a request.');
}
