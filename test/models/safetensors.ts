import { gzipSync } from 'node:zlib';
import type { NamedTensor as WrittenTensor } from '../../models/packs/write.ts';

export interface NamedTensor {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

export const u8 = (shape: number[], values: ArrayLike<number>): NamedTensor => ({
  dtype: 'U8',
  shape,
  bytes: Uint8Array.from(values),
});
export const i16 = (values: ArrayLike<number>): NamedTensor => ({
  dtype: 'I16',
  shape: [values.length],
  bytes: new Uint8Array(Int16Array.from(values).buffer),
});
export const i32 = (values: ArrayLike<number>): NamedTensor => ({
  dtype: 'I32',
  shape: [values.length],
  bytes: new Uint8Array(Int32Array.from(values).buffer),
});
export const f32 = (shape: number[], values: ArrayLike<number>): NamedTensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** A safetensors file; `header` changes what its header says. */
export function safetensors(
  tensors: Record<string, NamedTensor>,
  header: (honest: Record<string, object>) => unknown = (honest) => honest,
): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const entries: Record<string, object> = {};
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    entries[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}

/** A safetensors file of tensors as the product writes them. */
export const written = (tensors: readonly WrittenTensor[]): Uint8Array<ArrayBuffer> =>
  safetensors(
    Object.fromEntries(
      tensors.map(({ name, shape, data }) => {
        const dtype = data instanceof Uint8Array ? 'U8' : data instanceof Int32Array ? 'I32' : 'F32';
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        return [name, { dtype, shape: [...shape], bytes }];
      }),
    ),
  );

export const gzip = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(bytes));
