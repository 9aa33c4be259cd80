import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dtypeNamed, dtypeOf, readDtypes } from '../../../models/hub/dtypes.ts';
import { readGraph } from '../../../models/onnx/graph.ts';
import { ROOT } from '../../../workers/command/root.ts';
import { constant, type Elem, model, node } from '../../onnx-graph.ts';

test('data types as users write them', () => {
  expect(readDtypes('fp16')).toEqual(['fp16']);
  expect(readDtypes('fp32+q8')).toEqual(['fp32', 'q8']);
  for (const wrong of ['', 'fp7', 'fp32+', '+q8', 'fp32+q8+q4', 'fp32,q8'])
    expect(readDtypes(wrong)).toBeNull();
});

test("the data type that a model file's name tells; one that tells none is fp32", () => {
  const named = ['model_q4f16.onnx', 'mine_UINT8.ONNX', 'model_int8.onnx', 'net_fp16_v2.onnx', 'fp16.onnx'];
  expect(named.map(dtypeNamed)).toEqual(['q4f16', 'uint8', 'int8', 'fp32', 'fp32']);
  expect(['net-fp16.onnx', 'net.q4.onnx', 'net-v2.onnx'].map(dtypeNamed)).toEqual(['fp16', 'q4', 'fp32']);
});

const dtypeTold = (bytes: Uint8Array, file: string) => dtypeOf(readGraph(bytes, file), file);

const scores = { type: 'float32', dims: ['batch', 3] } as const;
const made = (operator: string, weights: Elem) =>
  model([node(operator, ['image', 'w'], 'out')], [constant('w', weights, [1], [1])], scores, scores);

test.each([
  ['Gemm', 'float32', 'fp32'],
  ['Gemm', 'float16', 'fp16'],
  ['MatMulInteger', 'float32', 'q8'],
  ['ConvInteger', 'float32', 'q8'],
  ['DynamicQuantizeLSTM', 'float32', 'q8'],
  ['QLinearConv', 'float32', 'q8'],
  ['DequantizeLinear', 'float16', 'q8'],
  ['MatMulNBits', 'float32', 'q4'],
  ['MatMulNBits', 'float16', 'q4f16'],
  ['GatherBlockQuantized', 'float32', 'q4'],
  ['MatMulBnb4', 'float32', 'bnb4'],
] as const)('the contents of best.onnx, with %s and %s weights, tell %s', (operator, weights, wanted) => {
  const bytes = made(operator, weights);
  expect(dtypeTold(bytes, 'best.onnx')).toBe(wanted);
  expect(dtypeTold(bytes, 'best_uint8.onnx')).toBe('uint8'); // a name that tells more is kept
});

test('weights count also where nodes have them as constants of their own', () => {
  const weights = node('Constant', [], 'w', { value: { tensor: constant('', 'float16', [1], [1]) } });
  const bytes = model([weights, node('Gemm', ['image', 'w'], 'out')], [], scores, scores);
  expect(dtypeTold(bytes, 'best.onnx')).toBe('fp16');
});

test.each([
  ['minis/translate-large/onnx/decoder_model_merged.onnx', 'fp32'],
  ['minis/translate-large/onnx/decoder_model_merged_quantized.onnx', 'q8'],
  ['fashion/cnn8.onnx', 'fp32'],
])('the contents of the shipped %s tell %s', async (path, wanted) => {
  expect(dtypeTold(await readFile(join(ROOT, 'models', path)), 'm.onnx')).toBe(wanted);
});
