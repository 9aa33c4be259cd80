import { Float16Array } from '@petamoriken/float16';
import { expect, test } from 'vitest';
import { float16Of, floatsOf, numbersOf, type Tensor } from '../../models/tasks/tensor.ts';

const tensor = <T extends Tensor['type']>(type: T, data: Tensor<T>['data']): Tensor =>
  ({ type, data, dims: [data.length] }) as Tensor;

test('every float16 has the value that its bits stand for', () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  expect(floatsOf(tensor('float16', bits))).toEqual(Float32Array.from(new Float16Array(bits.buffer)));
});

test('float16 values may come in an array of their own type', () => {
  const data = Float16Array.of(1.5, -2) as unknown as Uint16Array;
  expect(floatsOf(tensor('float16', data))).toEqual(Float32Array.of(1.5, -2));
});

test('numbers that fit float16 come back from it', () => {
  const numbers = Float32Array.of(0, 1, -2.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY);
  expect(floatsOf(tensor('float16', float16Of(numbers)))).toEqual(numbers);
});

test('float32 is not copied; other types become numbers', () => {
  const floats = Float32Array.of(0.5, 2);
  expect(floatsOf(tensor('float32', floats))).toBe(floats);
  expect(floatsOf(tensor('uint8', Uint8Array.of(7, 255)))).toEqual(Float32Array.of(7, 255));
  expect(Array.from(numbersOf(tensor('int64', BigInt64Array.of(-3n, 2n ** 40n))))).toEqual([-3, 2 ** 40]);
});
