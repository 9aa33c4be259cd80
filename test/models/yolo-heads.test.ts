import { describe, expect, it } from 'vitest';
import { type Graph, notedClasses, readGraph } from '../../models/onnx/graph.ts';
import { ModelAloneError } from '../../models/onnx/picture-input.ts';
import { ClassCountError, detectorStage, yoloHeads } from '../../models/onnx/yolo.ts';
import { brightestChannel, quarterDetector } from '../onnx.ts';

type Dims = readonly (number | null)[];

const graphOf = (output: Dims, input: Dims = [1, 3, 640, 640], names?: string): Graph => ({
  inputs: [{ name: 'images', type: 'float32', dims: input }],
  outputs: [{ name: 'output0', type: 'float32', dims: output }],
  operators: new Map(),
  makers: new Map(),
  constantTypes: new Set(),
  weightFiles: new Set(),
  notes: new Map(names === undefined ? [] : [['names', names]]),
});

describe('the format of a detector without a manifest', () => {
  it.each([
    ['yolov8', [1, 84, 8400], 80],
    ['yolov8', [null, 5, null], 1],
    ['yolov8', [1, 300, 8400], 296],
    ['yolov5', [1, 25_200, 85], 80],
    ['yolov5', [null, null, 6], 1],
  ] as const)('is %s where the output is %j', (format, output, classes) => {
    expect(yoloHeads(graphOf(output))[0]).toEqual({ format, classes });
  });

  it('is asked for where the shape fits both, the likelier first', () => {
    expect(yoloHeads(graphOf([1, 20, 30]))).toEqual([
      { format: 'yolov8', classes: 16 },
      { format: 'yolov5', classes: 25 },
    ]);
    expect(yoloHeads(graphOf([1, 30, 20]))).toEqual([
      { format: 'yolov5', classes: 15 },
      { format: 'yolov8', classes: 26 },
    ]);
  });

  it('is first the one with as many classes as the exporter named', () => {
    const names = `{${Array.from({ length: 25 }, (_, i) => `${i}: 'c${i}'`).join(', ')}}`;
    expect(yoloHeads(graphOf([1, 20, 30], undefined, names))[0]).toEqual({ format: 'yolov5', classes: 25 });
  });

  it.each([
    ['scores of classes', graphOf([1, 1000])],
    ['a map', graphOf([1, 4, 32, 32])],
    ['boxes of no class', graphOf([1, 4, 8400])],
    ['scores of classes behind a dimension of 1', graphOf([1, 1, 12])],
    ['scores of classes with a dimension of 1 behind them', graphOf([1, 12, 1])],
    ['an output of any size', graphOf([null, null, null])],
    ['thousands of features', graphOf([1, 4096, 5000])],
    ['detections that it chose by itself', graphOf([1, 300, 6])],
    ['texts', graphOf([1, 84, 8400], [1, 512])],
    [
      'boxes relative to the cells of a grid, as YOLOX gives them',
      {
        ...graphOf([1, 3549, 6], [1, 3, 416, 416]),
        makers: new Map([
          ['output0', { operator: 'Transpose', input: 'cells' }],
          ['cells', { operator: 'Concat', input: 'boxes' }],
          ['boxes', { operator: 'Conv', input: 'images' }],
        ]),
      },
    ],
    [
      'several inputs',
      { ...graphOf([1, 84, 8400]), inputs: [...graphOf([]).inputs, ...graphOf([], [1, 2]).inputs] },
    ],
    [
      'several outputs',
      {
        ...graphOf([1, 84, 8400]),
        outputs: [...graphOf([1, 84, 8400]).outputs, ...graphOf([1, 32, 160, 160]).outputs],
      },
    ],
  ])('is none of a model with %s', (_, graph) => {
    expect(yoloHeads(graph)).toEqual([]);
  });

  it('is read of files, and a classifier has none', () => {
    const read = (bytes: Uint8Array) => yoloHeads(readGraph(bytes, 'm.onnx'));
    expect(read(quarterDetector('yolov8', 'float32'))).toEqual([{ format: 'yolov8', classes: 3 }]);
    expect(read(quarterDetector('yolov5', 'float16'))).toEqual([{ format: 'yolov5', classes: 3 }]);
    expect(read(quarterDetector('detr', 'float32'))).toEqual([]);
    const input = { type: 'float32', dims: ['batch', 3, 8, 8] } as const;
    expect(read(brightestChannel(input, 1, { type: 'float32', dims: ['batch', 3] }))).toEqual([]);
  });
});

describe('the names of classes in the note of an exporter', () => {
  it.each([
    ["{0: 'person', 1: 'traffic light'}", ['person', 'traffic light']],
    [`{0: "driver's seat", 1: 'it\\'s'}`, ["driver's seat", "it's"]],
    ['{1: "b", 0: "a"}', ['a']],
    ['', []],
    ['no names: at all', []],
  ])('%j', (note, names) => {
    expect(notedClasses(graphOf([1, 84, 8400], undefined, note))).toEqual(names);
  });

  it('are read of a file', () => {
    const bytes = quarterDetector('yolov8', 'float32', 16, {
      task: 'detect',
      names: "{0: 'red', 1: 'green'}",
    });
    expect(notedClasses(readGraph(bytes, 'm.onnx'))).toEqual(['red', 'green']);
  });
});

describe('a detector without a manifest', () => {
  const head = { format: 'yolov8', classes: 2 } as const;

  it('has its pictures, its format and its classes, which are numbered if nobody names them', () => {
    const stage = detectorStage(graphOf([1, 6, 8400], [null, 3, null, null]), head, [], 'm.onnx');
    expect(stage.input).toMatchObject({ channels: 3, height: 640, width: 640, mean: [0], std: [1] });
    expect(stage.output.format).toBe('yolov8');
    expect(stage.classes).toEqual(['class 0', 'class 1']);
    expect(detectorStage(graphOf([1, 6, 8400]), head, ['cat', 'dog'], 'm.onnx').classes).toEqual([
      'cat',
      'dog',
    ]);
  });

  it('is refused where another number of classes is named, or where it takes no picture', () => {
    const named = () => detectorStage(graphOf([1, 6, 8400]), head, ['cat'], 'm.onnx');
    expect(named).toThrow(ClassCountError);
    expect(named).toThrow(/In the format yolov8, m.onnx tells 2 classes apart, and 1 is named/);
    const poses = graphOf([1, 56, 8400], undefined, "{0: 'person'}");
    expect(() => detectorStage(poses, yoloHeads(poses)[0]!, notedClasses(poses), 'pose.onnx')).toThrow(
      /pose\.onnx tells 52 classes apart, and its exporter named 1\. So it finds more than boxes, such as poses/,
    );
    expect(() => detectorStage(graphOf([1, 6, 8400], [1, 7, 64, 64]), head, [], 'm.onnx')).toThrow(
      ModelAloneError,
    );
  });
});
