import { batchOf } from '../items/item-batch.ts';

/** A tensor to write into a safetensors file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data:
    | Uint8Array<ArrayBuffer>
    | Int16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>;
}

function dtypeOf(data: NamedTensor['data']): string {
  if (data instanceof Uint8Array) return 'U8';
  if (data instanceof Int16Array) return 'I16';
  return data instanceof Int32Array ? 'I32' : 'F32';
}

/** Writes a labelled pack, which `parsePack` reads: a gzipped safetensors file. */
export async function packBytes(tensors: readonly NamedTensor[]): Promise<Uint8Array<ArrayBuffer>> {
  let end = 0;
  const header = tensors.map(({ name, shape, data }) => {
    const from = end;
    end += data.byteLength;
    return [name, { dtype: dtypeOf(data), shape, data_offsets: [from, end] }];
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(json.length), true);
  const blob = new Blob([length.buffer, json, ...tensors.map(({ data }) => data)]);
  const zipped = blob.stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}

/** Makes two tensors of texts: their UTF-8 bytes back to back, and for each text the index of the byte after its last one. */
export function textTensors(name: string, ends: string, texts: readonly string[]): NamedTensor[] {
  const encoder = new TextEncoder();
  const { lengths, bytes } = batchOf(texts.map((text) => encoder.encode(text)));
  let end = 0;
  return [
    { name, shape: [bytes.length], data: bytes },
    { name: ends, shape: [lengths.length], data: Int32Array.from(lengths, (length) => (end += length)) },
  ];
}

/** Makes a one-dimensional I32 tensor. */
export const i32 = (name: string, values: readonly number[]): NamedTensor => ({
  name,
  shape: [values.length],
  data: Int32Array.from(values),
});
