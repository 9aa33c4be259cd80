import {
  constant,
  type Dims,
  ELEM,
  type Elem,
  externalConstant,
  model,
  node,
  type Value,
} from './onnx-graph.ts';

/** Tiny models for tests. */

/** Makes a model that returns its input, which has these dimensions. */
export const identityModel = (type: Elem, dims: Dims): Uint8Array<ArrayBuffer> =>
  model([node('Identity', ['image'], 'out')], [], { type, dims }, { type, dims });

/**
 * Makes a classifier whose logits are an image's first pixels. For a nearly white image the model asks for up to 10¹⁵ floats. No
 * process can address as many. A system that overcommits would grant a smaller request, and end the process later.
 */
export const greedyClassifier = (height: number, width: number, classes: number): Uint8Array<ArrayBuffer> =>
  model(
    [
      node('ReduceMean', ['image'], 'means', { axes: [1, 2, 3], keepdims: 0 }),
      node('ReduceMax', ['means'], 'whitest', { keepdims: 0 }),
      node('Sub', ['whitest', 'nearlyWhite'], 'over'),
      node('Relu', ['over'], 'white'),
      node('Mul', ['white', 'tenQuadrillion'], 'count'),
      node('Cast', ['count'], 'wholeCount', { to: ELEM.int64 }),
      node('Reshape', ['wholeCount', 'oneDimension'], 'size'),
      node('ConstantOfShape', ['size'], 'zeros'),
      node('ReduceSum', ['zeros'], 'zero', { keepdims: 0 }),
      node('Flatten', ['image'], 'pixels', { axis: 1 }),
      node('Slice', ['pixels', 'from', 'to', 'axis'], 'logits'),
      node('Add', ['logits', 'zero'], 'out'),
    ],
    [
      constant('nearlyWhite', 'float32', [0.9], []),
      constant('tenQuadrillion', 'float32', [1e16], []),
      constant('oneDimension', 'int64', [1], [1]),
      constant('from', 'int64', [0], [1]),
      constant('to', 'int64', [classes], [1]),
      constant('axis', 'int64', [1], [1]),
    ],
    { type: 'float32', dims: ['batch', 1, height, width] },
    { type: 'float32', dims: ['batch', classes] },
  );

/**
 * Makes a classifier of images whose value for a class is the mean of a channel.
 * @param input with the batch and the layout
 * @param notes metadata of the exporter
 */
export const brightestChannel = (
  input: { type: Elem; dims: Dims },
  channelAxis: 1 | 3,
  output: { type: Elem; dims: Dims },
  notes: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> =>
  model(
    [
      node('Cast', ['image'], 'floats', { to: ELEM.float32 }),
      node('ReduceMean', ['floats'], 'means', { axes: channelAxis === 1 ? [2, 3] : [1, 2], keepdims: 0 }),
      node('Reshape', ['means', 'shape'], 'shaped'),
      node('Cast', ['shaped'], 'out', { to: ELEM[output.type] }),
    ],
    // In the shape of a Reshape, 0 keeps the input's dimension: here, the size of the batch.
    [constant('shape', 'int64', [0, ...(output.dims.slice(1) as number[])], [output.dims.length])],
    input,
    output,
    notes,
  );

/** A class's logit is `factor` times its channel's mean in a quarter, plus its `bias`; detr's last bias is of "no object". */
const LOGITS = { detr: { factor: 10, bias: [0, 0, 0, 6] }, 'rt-detr': { factor: 10, bias: [-5, -5, -5] } };

/**
 * Makes a detector of red, green and blue quarters of a square image; its weights, input and outputs have the same element type.
 * Every query or candidate stands for a quarter; a class is as probable as its channel is bright there.
 * @param side of the image in pixels, an even number
 * @param notes metadata of the exporter
 * @param size height and width as the model declares them
 */
export function quarterDetector(
  format: 'detr' | 'rt-detr' | 'yolov8' | 'yolov5',
  type: 'float32' | 'float16',
  side = 16,
  notes: Readonly<Record<string, string>> = {},
  size: Dims = [side, side],
): Uint8Array<ArrayBuffer> {
  const CHANNELS = 3;
  const quarter = side / 2;
  // The row of the first class. In YOLO formats, rows for a box's numbers, and in yolov5 also for its objectness, come before it.
  const first = { yolov8: 4, yolov5: 5, detr: 0, 'rt-detr': 0 }[format];
  const { factor, bias } =
    format === 'detr' || format === 'rt-detr'
      ? LOGITS[format]
      : { factor: 1, bias: Array<number>(first + CHANNELS).fill(0) };
  const rows = bias.length;
  const weight = (row: number, channel: number) => (row - first === channel ? factor / quarter ** 2 : 0);
  const weights = Array.from({ length: rows * CHANNELS * quarter ** 2 }, (_, i) =>
    weight(Math.floor(i / quarter ** 2 / CHANNELS), Math.floor(i / quarter ** 2) % CHANNELS),
  );
  const centres = [
    [1, 1],
    [3, 1],
    [1, 3],
    [3, 3],
  ].map(([x, y]) => [(x! * quarter) / 2, (y! * quarter) / 2, quarter, quarter]);
  const images: Value = { type, dims: ['batch', CHANNELS, ...size] };
  const quarters = [
    node('Conv', ['image', 'weights', 'bias'], 'map', { strides: [quarter, quarter] }),
    node('Reshape', ['map', 'shape'], 'quarters'),
  ];
  const constants = [
    constant('weights', type, weights, [rows, CHANNELS, quarter, quarter]),
    constant('shape', 'int64', [0, rows, centres.length], [3]),
    constant('bias', type, bias, [rows]),
  ];
  if (first > 0) {
    // The last number, 1, is the candidate's objectness, which only yolov5 has.
    const numbers = centres.map((box) => (format === 'yolov5' ? [...box, 1] : box));
    const boxes = Array.from({ length: rows }, (_, row) => numbers.map((box) => box[row] ?? 0)).flat();
    const dims = format === 'yolov5' ? [centres.length, rows] : [rows, centres.length];
    const last =
      format === 'yolov5' ? { op: 'Transpose', attributes: { perm: [0, 2, 1] } } : { op: 'Identity' };
    return model(
      [
        ...quarters,
        node('Add', ['quarters', 'boxes'], 'candidates'),
        node(last.op, ['candidates'], 'out', last.attributes),
      ],
      [...constants, constant('boxes', type, boxes, [1, rows, centres.length])],
      images,
      { type, dims: ['batch', ...dims] },
      notes,
    );
  }
  return model(
    [
      ...quarters,
      node('Transpose', ['quarters'], 'logits', { perm: [0, 2, 1] }),
      // Zeros with the size of the batch repeat the constant boxes for each image.
      node('ReduceSum', ['logits', 'classes'], 'sums'),
      node('Mul', ['sums', 'zero'], 'zeros'),
      node('Add', ['zeros', 'boxes'], 'pred_boxes'),
    ],
    [
      ...constants,
      constant('classes', 'int64', [2], [1]),
      constant('zero', type, [0], []),
      constant(
        'boxes',
        type,
        centres.flat().map((pixels) => pixels / side),
        [1, centres.length, 4],
      ),
    ],
    images,
    {
      logits: { type, dims: ['batch', centres.length, rows] },
      pred_boxes: { type, dims: ['batch', centres.length, 4] },
    },
  );
}

/** Makes a classifier of texts: a class's logit is how often the class's token is in the text, padding not counted. */
export const tokenCounter = (
  classes: readonly number[],
  length: number | string = 'length',
): Uint8Array<ArrayBuffer> => {
  const dims = ['batch', length];
  return model(
    [
      node('Cast', ['attention_mask'], 'mask', { to: ELEM.float32 }),
      ...classes.flatMap((id) => [
        node('Equal', ['input_ids', `token${id}`], `is${id}`),
        node('Cast', [`is${id}`], `one${id}`, { to: ELEM.float32 }),
        node('Mul', [`one${id}`, 'mask'], `real${id}`),
        node('ReduceSum', [`real${id}`, 'axis'], `count${id}`),
      ]),
      node(
        'Concat',
        classes.map((id) => `count${id}`),
        'out',
        { axis: 1 },
      ),
    ],
    [constant('axis', 'int64', [1], [1]), ...classes.map((id) => constant(`token${id}`, 'int64', [id], [1]))],
    { attention_mask: { type: 'int64', dims }, input_ids: { type: 'int64', dims } },
    { type: 'float32', dims: ['batch', classes.length] },
  );
};

/**
 * Makes a model that gives each token the class of its id, as one-hot logits.
 * @param classOf class by token id
 * @param classes number of classes
 */
export const tokenTagger = (classOf: readonly number[], classes: number): Uint8Array<ArrayBuffer> => {
  const dims = ['batch', 'length'];
  const table = classOf.flatMap((label) => Array.from({ length: classes }, (_, c) => (c === label ? 9 : 0)));
  return model(
    [node('Gather', ['table', 'input_ids'], 'logits')],
    [constant('table', 'float32', table, [classOf.length, classes])],
    { input_ids: { type: 'int64', dims }, attention_mask: { type: 'int64', dims } },
    { logits: { type: 'float32', dims: [...dims, classes] } },
  );
};

/** Makes a model that answers questions: an answer begins at the token id `first` and ends at the token id `last`. */
export const answerFinder = (first: number, last: number): Uint8Array<ArrayBuffer> => {
  const dims = ['batch', 'length'];
  const logits: Value = { type: 'float32', dims };
  return model(
    ['start', 'end'].flatMap((which) => [
      node('Equal', ['input_ids', which], `is_${which}`),
      node('Cast', [`is_${which}`], `${which}_logits`, { to: ELEM.float32 }),
    ]),
    [constant('start', 'int64', [first], [1]), constant('end', 'int64', [last], [1])],
    { input_ids: { type: 'int64', dims } },
    { start_logits: logits, end_logits: logits },
  );
};

/** Makes a classifier of recordings: class 1 (loud) if the largest magnitude of a sample is over the threshold, else class 0. */
export const loudnessClassifier = (samples: number, threshold: number): Uint8Array<ArrayBuffer> =>
  model(
    [
      node('Abs', ['image'], 'magnitudes'),
      node('ReduceMax', ['magnitudes'], 'loudest', { axes: [1], keepdims: 1 }),
      node('Sub', ['loudest', 'threshold'], 'over'),
      node('Mul', ['over', 'signs'], 'out'),
    ],
    [constant('threshold', 'float32', [threshold], [1]), constant('signs', 'float32', [-1, 1], [1, 2])],
    { type: 'float32', dims: ['batch', samples] },
    { type: 'float32', dims: ['batch', 2] },
  );

/**
 * Makes a classifier whose logits are an image's pixels times float32 weights [values of an image, classes] from a separate file.
 * @param image channels, height and width
 */
export const externalClassifier = (
  image: readonly [number, number, number],
  classes: number,
  file: string,
): Uint8Array<ArrayBuffer> =>
  model(
    [node('Flatten', ['image'], 'pixels', { axis: 1 }), node('MatMul', ['pixels', 'weights'], 'out')],
    [externalConstant('weights', [image.reduce((product, side) => product * side), classes], file)],
    { type: 'float32', dims: ['batch', ...image] },
    { type: 'float32', dims: ['batch', classes] },
  );
