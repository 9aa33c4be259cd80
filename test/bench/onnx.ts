/** Writes tiny ONNX files by hand: protobuf fields of onnx.proto3, just what an Identity model needs. */

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: number[]): number[] => [
  ...varint((number << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
const whole = (number: number, value: number): number[] => [...varint(number << 3), ...varint(value)];

export const ELEM = { float32: 1, int64: 7 } as const;

/** A model that gives back its input of these dimensions; a string is a symbolic one. */
export function identityModel(type: keyof typeof ELEM, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.flatMap((d) => field(1, typeof d === 'number' ? whole(1, d) : field(2, text(d))));
  const value = (name: string) => [
    ...field(1, text(name)),
    ...field(2, field(1, [...whole(1, ELEM[type]), ...field(2, shape)])),
  ];
  const node = [...field(1, text('image')), ...field(2, text('out')), ...field(4, text('Identity'))];
  const graph = [
    ...field(1, node),
    ...field(2, text('g')),
    ...field(11, value('image')),
    ...field(12, value('out')),
  ];
  return Uint8Array.from([...whole(1, 8), ...field(7, graph), ...field(8, whole(2, 17))]);
}
