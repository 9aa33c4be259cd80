import { expect, test } from 'vitest';
import { dtypeNamed, readDtypes } from '../../../models/hub/dtypes.ts';

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
