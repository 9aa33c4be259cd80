import { describe, expect, test } from 'vitest';
import { encodeRequest } from '../../../agent/oip/encode-request.ts';
import { encodeResponse } from '../../../agent/oip/infer.ts';
import { itemsOfRequest, modelMetadata, outputTensors } from '../../../agent/oip/model.ts';
import type { Tensor } from '../../../agent/oip/tensor.ts';
import type { StageResult } from '../../../models/tasks/task.ts';
import { pipelineOf, transcribe } from '../../models/stages.ts';
import { loadFashion } from '../../workers/fashion.ts';
import { utf8 } from '../tensors.ts';
import { DESCRIPTIONS, oipCheck } from './oip-schema.ts';

const { stages } = (await loadFashion()).pipeline;

const found = { x0: 1, y0: 2, x1: 3, y1: 4, score: 0.5 };
const detected = (n: number) => ({ task: 'object-detection', detections: Array(n).fill(found) });
const classified = (label: number) => ({ task: 'image-classification', label, score: 0.25 });

describe('the pipeline as a model', () => {
  test('has a row for each object, with the image of the request that it is of', () => {
    const tensors = outputTensors(stages, [
      [[detected(2)], [classified(7), classified(8)]],
      [[detected(0)]],
      [[detected(1)], [classified(9)]],
    ]);
    const byName = Object.fromEntries(
      tensors.map(({ name, shape, data }) => [name, { shape, data: [...data] }]),
    );
    expect(byName).toEqual({
      boxes: { shape: [3, 4], data: [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4] },
      detect_scores: { shape: [3], data: [0.5, 0.5, 0.5] },
      labels: { shape: [3], data: [7, 8, 9] },
      scores: { shape: [3], data: [0.25, 0.25, 0.25] },
      item_index: { shape: [3], data: [0, 0, 2] },
    });
  });

  test('gives empty tensors where nothing is found', () => {
    const tensors = outputTensors(stages, [[[detected(0)]]]);
    expect(tensors.map(({ shape }) => shape)).toEqual([[0, 4], [0], [0], [0], [0]]);
  });

  test('has a text for each recording as bytes, and its score', () => {
    const speech = pipelineOf(transcribe).stages;
    const answers = ['où est-il ?', ''].map((text) => [
      [{ task: transcribe.task, text, score: 0.5 } as StageResult],
    ]);
    expect(outputTensors(speech, answers)).toEqual([
      { name: 'text', datatype: 'BYTES', shape: [2], data: [utf8('où est-il ?'), utf8('')] },
      { name: 'score', datatype: 'FP32', shape: [2], data: Float32Array.of(0.5, 0.5) },
      { name: 'item_index', datatype: 'INT32', shape: [2], data: Int32Array.of(0, 1) },
    ]);
    expect(modelMetadata('speech', '1', speech).outputs[0]).toEqual({
      name: 'text',
      datatype: 'BYTES',
      shape: [-1],
    });
  });

  const names = {
    ...{ name: 'names', task: 'token-classification', variants: [] },
    ...{ input: { length: 8, stride: 2 }, classes: ['O', 'B-PER', 'B-LOC'] },
  };

  test('has an item index for a stage whose items have several rows in a later stage', () => {
    const outputs = modelMetadata('spoken', '1', pipelineOf(transcribe, names).stages).outputs;
    expect(outputs.map(({ name }) => name)).toEqual([
      ...['text', 'score', `${transcribe.name}_item_index`],
      ...['entities', 'types', 'scores', 'starts', 'ends', 'item_index'],
    ]);
  });

  test('has a row for each entity of a text: what it is, and where it stands', () => {
    const zoe = { text: 'Zoë', type: 'PER', start: 0, end: 3, score: 0.5 };
    const tokyo = { text: '東京', type: 'LOC', start: 8, end: 10, score: 0.25 };
    const answers = [[zoe, tokyo], [], [zoe]].map((entities) => [
      [{ task: names.task, entities, score: 1 } as StageResult],
    ]);
    expect(outputTensors(pipelineOf(names).stages, answers)).toEqual([
      { name: 'entities', datatype: 'BYTES', shape: [3], data: ['Zoë', '東京', 'Zoë'].map(utf8) },
      { name: 'types', datatype: 'BYTES', shape: [3], data: ['PER', 'LOC', 'PER'].map(utf8) },
      { name: 'scores', datatype: 'FP32', shape: [3], data: Float32Array.of(0.5, 0.25, 0.5) },
      { name: 'starts', datatype: 'INT32', shape: [3], data: Int32Array.of(0, 8, 0) },
      { name: 'ends', datatype: 'INT32', shape: [3], data: Int32Array.of(3, 10, 3) },
      { name: 'item_index', datatype: 'INT32', shape: [3], data: Int32Array.of(0, 0, 2) },
    ]);
  });

  test('says so in its metadata', () => {
    const { inputs, outputs } = modelMetadata('fashion', '1', stages);
    expect(inputs).toEqual([{ name: 'images', datatype: 'UINT8', shape: [-1, 1, 128, 128] }]);
    expect(outputs.map(({ name }) => name)).toEqual(outputTensors(stages, []).map(({ name }) => name));
  });

  test('refuses its input twice, by name', () => {
    const input: Tensor = {
      name: 'images',
      datatype: 'UINT8',
      shape: [1, 1, 128, 128],
      data: new Uint8Array(16384),
    };
    expect(() => itemsOfRequest({ inputs: [input, input] }, stages[0]!)).toThrow(
      'tensor "images": expected this input once, found it 2 times',
    );
  });

  test.each([
    ['another name', { name: 'pixels' }, '"pixels": the model has no such input: it takes "images"'],
    [
      'another shape',
      { shape: [1, 128, 128, 1] },
      'takes UINT8 [n, 1, 128, 128], found the shape [1, 128, 128, 1]',
    ],
    [
      'no item',
      { shape: [0, 1, 128, 128], data: new Uint8Array(0) },
      'expected at least one item, found none',
    ],
    ['another datatype', { datatype: 'INT8' }, 'found the datatype INT8'],
  ])('refuses an input of %s', (_, wrong, says) => {
    const input = { name: 'images', datatype: 'UINT8', shape: [1, 1, 128, 128], data: new Uint8Array(16384) };
    expect(() => itemsOfRequest({ inputs: [{ ...input, ...wrong } as Tensor] }, stages[0]!)).toThrow(says);
  });
});

describe.each(DESCRIPTIONS)('the protocol as %s has it', (description) => {
  const check = oipCheck(description);
  const json = ({ bytes }: { bytes: Uint8Array }) => JSON.parse(new TextDecoder().decode(bytes));

  test.skipIf(check === null)('accepts requests and answers of ours', () => {
    const inputs: Tensor[] = [
      { name: 'images', datatype: 'UINT8', shape: [1, 1, 128, 128], data: new Uint8Array(16384) },
    ];
    expect(check!('inference_request', json(encodeRequest({ id: '1', inputs }, false)))).toEqual([]);
    const outputs = outputTensors(stages, [[[detected(0)]]]);
    const response = encodeResponse({ model: 'fashion', version: '1', id: '1', outputs }, {});
    expect(check!('inference_response', json(response))).toEqual([]);
    expect(check!('metadata_model_response', modelMetadata('fashion', '1', stages))).toEqual([]);
  });

  test.skipIf(check === null)('is checked at all: it refuses an answer without outputs', () => {
    expect(check!('inference_response', { model_name: 'm' })).not.toEqual([]);
  });
});
