import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifierFields } from '../../models/onnx/classifier.ts';
import { NotOnnxError, readGraph } from '../../models/onnx/graph.ts';
import {
  ModelAloneError,
  pictureInput,
  SCALINGS,
  type Scaling,
  takesAnySize,
} from '../../models/onnx/picture-input.ts';
import { ROOT } from '../../workers/command/root.ts';
import { brightestChannel, identityModel } from '../onnx.ts';
import { constant, type Dims, fileOf, model, node } from '../onnx-graph.ts';
import { RESNET } from './hub/models.ts';

const rgb = brightestChannel({ type: 'float32', dims: ['batch', 3, 8, 16] }, 1, {
  type: 'float32',
  dims: ['batch', 3],
});

describe('the graph of an ONNX file', () => {
  it('has the inputs without constants, the outputs, their types and dimensions, and the operators', () => {
    const { inputs, outputs, operators, makers } = readGraph(rgb, 'rgb.onnx');
    expect(inputs).toEqual([{ name: 'image', type: 'float32', dims: [null, 3, 8, 16] }]);
    expect(outputs).toEqual([{ name: 'out', type: 'float32', dims: [null, 3] }]);
    expect([...operators]).toEqual([
      ['Cast', 2],
      ['ReduceMean', 1],
      ['Reshape', 1],
    ]);
    expect(makers.get('out')).toEqual({ operator: 'Cast', input: 'shaped' });
  });

  it('has no input for weights, which models of early exporters list among the inputs', () => {
    const image = { type: 'float32', dims: ['batch', 4] } as const;
    const listed = { image, w: { type: 'float32', dims: [1] } } as const;
    const bytes = model(
      [node('Mul', ['image', 'w'], 'out')],
      [constant('w', 'float32', [2], [1])],
      listed,
      image,
    );
    expect(readGraph(bytes, 'early.onnx').inputs.map(({ name }) => name)).toEqual(['image']);
  });

  it('lists the most frequent operators first', () => {
    const dims = { type: 'float32', dims: [1] } as const;
    const nodes = ['Relu', 'Abs', 'Neg', 'Abs'].map((operator, i) => node(operator, [`t${i}`], `t${i + 1}`));
    const { operators } = readGraph(model(nodes, [], { t0: dims }, { t4: dims }), 'm.onnx');
    expect([...operators]).toEqual([
      ['Abs', 2],
      ['Relu', 1],
      ['Neg', 1],
    ]);
  });

  it('has open dimensions where the file has no name, 0 or -1', () => {
    const MINUS_ONE = 2 ** 64; // as protobuf writes -1, read as a double
    const dims = ['', 0, MINUS_ONE, 16];
    const { inputs } = readGraph(identityModel('float32', dims), 'open.onnx');
    expect(inputs[0]!.dims).toEqual([null, null, null, 16]);
  });

  it('has outputs without dimensions where the file states none, as for sequences', () => {
    const named = (name: string, ...more: number[]) => Uint8Array.from([10, 1, name.charCodeAt(0), ...more]);
    // The second output has a type of sequence, and the third a tensor type without a shape.
    const outputs = [named('a'), named('b', 18, 2, 34, 0), named('c', 18, 4, 10, 2, 8, 1)];
    expect(readGraph(fileOf([], [], [], outputs), 'm.onnx').outputs).toEqual([
      { name: 'a', type: 'undefined', dims: [] },
      { name: 'b', type: 'undefined', dims: [] },
      { name: 'c', type: 'float32', dims: [] },
    ]);
  });

  it('has element types by name, and those without a name by number', () => {
    const typed = (type: number) => Uint8Array.from([10, 1, 97, 18, 4, 10, 2, 8, type]);
    const types = (...numbers: number[]) =>
      readGraph(fileOf([], [], [], numbers.map(typed)), 'm.onnx').outputs.map(({ type }) => type);
    expect(types(1, 10, 11, 16, 17)).toEqual(['float32', 'float16', 'float64', 'bfloat16', 'type 17']);
  });

  it('is read of a model that PyTorch exported', async () => {
    const bytes = await readFile(join(ROOT, 'models/fashion/cnn8.onnx'));
    const { inputs, outputs, operators } = readGraph(bytes, 'cnn8.onnx');
    expect(inputs.map(({ type, dims }) => [type, ...dims])).toEqual([['float32', null, 1, 28, 28]]);
    expect(outputs.map(({ dims }) => dims)).toEqual([[null, 10]]);
    expect(operators.get('Conv')).toBeGreaterThan(0);
  });

  it('has the operators in the branches of an If too, as merged decoders have them', async () => {
    const path = 'models/minis/translate-small/onnx/decoder_model_merged.onnx';
    const { operators } = readGraph(await readFile(join(ROOT, path)), 'decoder.onnx');
    expect(operators.get('If')).toBe(1);
    expect(operators.get('MatMul')).toBeGreaterThan(1);
  });

  it('of any altered file is read, or the file is refused', () => {
    fc.assert(
      fc.property(fc.nat(rgb.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const altered = cut ? rgb.slice(0, at) : rgb.with(at, byte);
        try {
          readGraph(altered, 'bad.onnx');
        } catch (error) {
          expect(error).toBeInstanceOf(NotOnnxError);
        }
      }),
    );
    expect(() => readGraph(new TextEncoder().encode('<!doctype html>'), 'page.onnx')).toThrow(NotOnnxError);
    expect(() => readGraph(rgb.slice(0, -20), 'cut-off.onnx')).toThrow(NotOnnxError);
  });

  it('is read past fields of fixed width, and refused with a field of a width that ONNX does not have', () => {
    const behind = (...bytes: number[]) => readGraph(Uint8Array.from([...bytes, ...rgb]), 'm.onnx');
    const [eight, four, group] = [1, 5, 3].map((wire) => (12 << 3) | wire) as [number, number, number];
    const skipped = [eight, ...Array(8).fill(255), four, ...Array(4).fill(255)];
    expect(behind(...skipped)).toEqual(readGraph(rgb, 'rgb.onnx'));
    expect(() => behind(group, 0)).toThrow(NotOnnxError);
  });

  it('is refused with a number of more bytes than ONNX allows', () => {
    const version = (...bytes: number[]) => readGraph(Uint8Array.from([1 << 3, ...bytes, ...rgb]), 'm.onnx');
    expect(version(...Array(9).fill(255), 1)).toEqual(readGraph(rgb, 'rgb.onnx'));
    expect(() => version(...Array(10).fill(255), 1)).toThrow(NotOnnxError);
  });
});

describe('the pictures of a model without a manifest', () => {
  const taking = (dims: Dims, more = {}) =>
    readGraph(
      model([], [], { image: { type: 'float32', dims }, ...more }, { type: 'float32', dims: [1] }),
      'm.onnx',
    );

  it('may have any size if the model leaves height or width open', () => {
    const any = [
      ['n', 3, 'h', 'w'],
      [1, 3, 8, 'w'],
      [1, 'h', 8, 1],
    ].map((dims) => takesAnySize(taking(dims)));
    expect(any).toEqual([true, true, true]);
    const one = [
      ['n', 3, 8, 8],
      ['n', 'features'],
    ].map((dims) => takesAnySize(taking(dims)));
    expect(one).toEqual([false, false]);
  });

  it.each([
    ['a list of features', taking(['n', 3]), /its input image is no picture of 1 or 3 channels/],
    ['a batch of lists', taking(['n', 8, 3]), /its input image is no picture of 1 or 3 channels/],
    ['a second tensor', taking([1, 3, 8, 8], { size: { type: 'int64', dims: [1, 2] } }), /takes 2 tensors/],
    ['nothing', readGraph(model([], [], {}, {}), 'm.onnx'), /takes 0 tensors/],
  ])('are none of a model that takes %s', (_, graph, problem) => {
    const input = () => pictureInput(graph, { usual: { width: 8, height: 8 } }, 'm.onnx');
    expect(input).toThrow(ModelAloneError);
    expect(input).toThrow(problem);
  });

  it('have a size that the user gives, if the model does not take another one', () => {
    const usual = { width: 8, height: 8 };
    const asked = { width: 16, height: 4 };
    const open = taking([1, 3, 'h', 'w']);
    expect(pictureInput(open, { usual, asked }, 'm.onnx')).toEqual({ channels: 3, ...asked });
    expect(pictureInput(open, { usual }, 'm.onnx')).toEqual({ channels: 3, ...usual });
    const wide = taking([1, 3, 4, 16]);
    expect(pictureInput(wide, { usual, asked }, 'm.onnx')).toEqual({ channels: 3, ...asked });
    expect(() => pictureInput(wide, { usual, asked: { ...asked, height: 8 } }, 'm.onnx')).toThrow(
      /pictures with a height of 4 pixels, and 8 is given/,
    );
  });

  it('are scaled as the names of the scalings say', () => {
    const ends = ({ mean: [mean], std: [std] }: Scaling) => [(0 - mean!) / std!, (1 - mean!) / std!];
    expect([ends(SCALINGS[0]), ends(SCALINGS[1])]).toEqual([
      [0, 1],
      [-1, 1],
    ]);
    const { image_mean: mean, image_std: std } = RESNET.preprocessor;
    expect(SCALINGS[2]).toMatchObject({ mean, std });
  });
});

describe('a classifier without a manifest', () => {
  it('has the shape of its pictures, its layout and its classes', () => {
    const names = ['red', 'green', 'blue'];
    const fields = classifierFields(readGraph(rgb, 'rgb.onnx'), names, 'rgb.onnx');
    expect(fields).toEqual({
      input: { channels: 3, height: 8, width: 16 },
      classes: names,
      scores: 'logits',
    });
    const nhwc = brightestChannel({ type: 'uint8', dims: [1, 'h', 'w', 3] }, 3, {
      type: 'float32',
      dims: [1, 3],
    });
    expect(classifierFields(readGraph(nhwc, 'nhwc.onnx'), null, 'nhwc.onnx')).toEqual({
      input: { channels: 3, height: 224, width: 224, layout: 'nhwc' },
      classes: ['class 0', 'class 1', 'class 2'],
      scores: 'logits',
    });
  });

  it('may have further dimensions of 1 behind its classes', () => {
    const dims = ['batch', 3, 1, 1];
    const tailed = brightestChannel({ type: 'float32', dims: ['batch', 3, 8, 8] }, 1, {
      type: 'float32',
      dims,
    });
    const { classes } = classifierFields(readGraph(tailed, 'tailed.onnx'), null, 'tailed.onnx');
    expect(classes).toHaveLength(3);
  });

  const scoresOf = (bytes: Uint8Array) => classifierFields(readGraph(bytes, 'm.onnx'), null, 'm.onnx').scores;
  const image = { type: 'float32', dims: [1, 3, 8, 8] } as const;
  const scores = { type: 'float32', dims: [1, 9] } as const;
  /** A classifier of nodes with these operators, each of which takes the output of the one before. */
  const inRow = (...operators: string[]) => {
    const names = ['image', ...operators.slice(1).map((_, i) => `t${i}`), 'out'];
    const nodes = operators.map((operator, i) => node(operator, [names[i]!], names[i + 1]!));
    return model(nodes, [], image, scores);
  };

  it.each([
    [[]],
    [['Cast']],
    [['Reshape']],
    [['Transpose', 'Flatten']],
    [['QuantizeLinear', 'DequantizeLinear']],
    [['Squeeze', 'Unsqueeze', 'Identity']],
  ])('gives probabilities if a Softmax computes its values and these operators follow: %j', (after) => {
    expect(scoresOf(inRow('Gemm', 'Softmax', ...after))).toBe('probabilities');
    expect(scoresOf(inRow('Softmax', 'Gemm', ...after))).toBe('logits');
  });

  it.each(['QLinearSoftmax', 'QLinearSigmoid'])(
    'gives probabilities if a %s of integers computes them',
    (operator) => {
      expect(scoresOf(inRow('QGemm', operator, 'DequantizeLinear'))).toBe('probabilities');
    },
  );

  it('gives probabilities if a Sigmoid computes them, one class at a time', () => {
    expect(scoresOf(inRow('Gemm', 'Sigmoid'))).toBe('probabilities');
  });

  it('has the classes that its exporter noted, if they are as many as its scores', () => {
    const noted = (names: string) =>
      classifierFields(
        readGraph(
          model([node('Gemm', ['image'], 'out')], [], image, { type: 'float32', dims: [1, 2] }, { names }),
          'm.onnx',
        ),
        null,
        'm.onnx',
      ).classes;
    expect(noted("{0: 'dog', 1: 'cat'}")).toEqual(['dog', 'cat']);
    expect(noted("{0: 'dog'}")).toEqual(['class 0', 'class 1']);
  });

  it('gives logits if its nodes only pass its input on, or, in a broken file, form a cycle', () => {
    expect(scoresOf(inRow('Flatten'))).toBe('logits');
    expect(scoresOf(model([node('Identity', ['out'], 'out')], [], image, scores))).toBe('logits');
  });

  it.each([
    ['other classes', rgb, ['cat', 'dog'], /tells 3 classes apart, and 2 are given \(cat, dog\)/],
    ['more classes', rgb, [...'abcdef'], /tells 3 classes apart, and 6 are given \(a, b, c, d, e, …\)/],
    ['no classes', rgb, [], /tells 3 classes apart, and none is given/],
    ['no scores', identityModel('float32', ['n', 3, 8, 8]), null, /neither scores/],
    [
      'one score',
      brightestChannel({ type: 'float32', dims: ['n', 1, 8, 8] }, 1, { type: 'float32', dims: ['n', 1] }),
      null,
      /one score/,
    ],
    ['no picture', identityModel('float32', ['n', 8]), null, /no picture/],
  ])('is refused with %s', (_, bytes, classes, why) => {
    const make = () => classifierFields(readGraph(bytes, 'm.onnx'), classes, 'm.onnx');
    expect(make).toThrow(ModelAloneError);
    expect(make).toThrow(why);
  });
});
