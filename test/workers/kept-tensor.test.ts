import fc from 'fast-check';
import { Tensor as OrtTensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { OrtKeptTensor } from '../../workers/runtime/kept-tensor.ts';
import type { Ort } from '../../workers/runtime/ort.ts';

const ORT = { Tensor: OrtTensor } as unknown as Ort;

/** Makes a tensor whose row r holds r · 10 and r · 10 + 1. */
const tensorOf = (rows: number): OrtKeptTensor => {
  const data = Float32Array.from({ length: rows * 2 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2));
  return new OrtKeptTensor(new OrtTensor('float32', data, [rows, 1, 2]), ORT, undefined);
};
const rowsOf = ({ tensor }: OrtKeptTensor): number[] =>
  Array.from(tensor.data as Float32Array).filter((_, i) => i % 2 === 0);

test('selections one after the other leave the rows that were asked for, in any order and number', () => {
  const choices = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), { maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), choices, (count, selections) => {
      let tensor = tensorOf(count);
      let expected = Array.from({ length: count }, (_, row) => row * 10);
      for (const picks of selections) {
        const rows = picks.map((pick) => pick % expected.length);
        tensor = tensor.select(rows);
        expected = rows.map((row) => expected[row]!);
        expect(tensor.dims).toEqual([rows.length, 1, 2]);
        expect(rowsOf(tensor)).toEqual(expected);
      }
    }),
  );
});

test('rows that end leave the others where they are in memory', () => {
  const whole = tensorOf(5);
  const memory = (whole.tensor.data as Float32Array).buffer;
  const left = whole.select([0, 4, 2]);
  expect(rowsOf(left)).toEqual([0, 40, 20]);
  expect((left.tensor.data as Float32Array).buffer).toBe(memory);
});
