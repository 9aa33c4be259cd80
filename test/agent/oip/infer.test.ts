import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeRequest } from '../../../agent/oip/encode-request.ts';
import { InvalidInferenceError, InvalidTensorError } from '../../../agent/oip/errors.ts';
import { decodeRequest, encodeResponse, type InferRequest } from '../../../agent/oip/infer.ts';
import { type Tensor, tensorOfJson } from '../../../agent/oip/tensor.ts';
import { bytesTensor, decodeResponse, utf8 } from '../tensors.ts';

const bodyOf = (value: unknown) => ({
  bytes: new TextEncoder().encode(JSON.stringify(value)),
  jsonLength: undefined,
});
const images = (rest: object) =>
  bodyOf({ inputs: [{ name: 'images', shape: [2], datatype: 'UINT8', ...rest }] });

test.each([
  ['few bytes', 2],
  ['bytes that look like deeply nested JSON', 1000],
])(
  'a request with %s after its JSON, but without the header with its length, is told of the header',
  (_, size) => {
    const { bytes } = images({ parameters: { binary_data_size: size } });
    const sent = { bytes: new Uint8Array([...bytes, ...Buffer.alloc(size, '[')]), jsonLength: undefined };
    expect(() => decodeRequest(sent)).toThrow(/^the header inference-header-content-length is missing/);
  },
);

test('fields that are null count as absent, because some clients send null for each field that they do not set', () => {
  const input = { name: 'text', shape: [1], datatype: 'BYTES', data: ['a'] };
  const parameters = { binary_data_output: null };
  const unset = { id: null, inputs: [{ ...input, parameters: null }], outputs: null, parameters };
  expect(decodeRequest(bodyOf(unset))).toEqual(decodeRequest(bodyOf({ inputs: [input] })));
  const outputs = [{ name: 'labels', parameters: null }];
  expect(decodeRequest(bodyOf({ inputs: [input], outputs })).outputs).toEqual([{ name: 'labels' }]);
});

type Values = fc.Arbitrary<Tensor['data']>;
const numbers = { noNaN: true, noDefaultInfinity: true };
// JSON has no negative zero, so adding 0 makes it positive.
const arrays: Record<string, (size: { minLength: number; maxLength: number }) => Values> = {
  UINT8: (size) => fc.uint8Array(size),
  INT32: (size) => fc.int32Array(size),
  FP64: (size) => fc.float64Array({ ...size, ...numbers }).map((data) => data.map((value) => value + 0)),
};
const text = fc.string({ unit: 'binary', maxLength: 20 }).map(utf8);
const anyBytes = fc.uint8Array({ maxLength: 20 });

/** Makes random tensors of some datatypes. @param bytes the values of BYTES tensors */
const tensorOf = (bytes: fc.Arbitrary<Uint8Array<ArrayBuffer>>): fc.Arbitrary<Tensor> =>
  fc
    .record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      datatype: fc.constantFrom('UINT8', 'INT32', 'FP64', 'BYTES'),
      shape: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
    })
    .chain(({ name, datatype, shape }) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      const size = { minLength: length, maxLength: length };
      const data = datatype === 'BYTES' ? fc.array(bytes, size) : arrays[datatype]!(size);
      return data.map((data) => ({ name, datatype, shape, data }) as Tensor);
    });

test.each([
  ['JSON', false, text],
  ['bytes after the JSON', true, anyBytes as fc.Arbitrary<Uint8Array<ArrayBuffer>>],
])('what is encoded is decoded again, with tensors as %s', (_, binary, values) => {
  fc.assert(
    fc.property(
      fc.array(tensorOf(values), { minLength: 1, maxLength: 4 }),
      fc.string({ maxLength: 9 }),
      (inputs, id) => {
        const request: InferRequest = {
          id,
          inputs,
          outputs: [{ name: 'a', binary: true }],
          binaryOutput: true,
        };
        const sent = encodeRequest(request, binary);
        expect(decodeRequest(sent)).toEqual(request);
        // A server gets the body as a part of a larger buffer, at any offset.
        const { bytes, jsonLength } = sent;
        const received = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1) as Buffer<ArrayBuffer>;
        expect(decodeRequest({ bytes: received, jsonLength })).toEqual(request);
        const response = { model: 'm', version: '1', id, outputs: inputs };
        expect(decodeResponse(encodeResponse(response, { binaryOutput: binary }))).toEqual(response);
      },
    ),
  );
});

test('nested lists are read as their shape says', () => {
  const { inputs } = decodeRequest(
    bodyOf({
      inputs: [
        {
          name: 'a',
          shape: [2, 2],
          datatype: 'INT32',
          data: [
            [1, 2],
            [3, -4],
          ],
        },
      ],
    }),
  );
  expect(inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3, -4));
});

test('texts of JSON are BYTES as UTF-8, flat or nested as their shape says', () => {
  const header = { name: 'text', shape: [2, 2], datatype: 'BYTES' };
  const texts = ['a', '', 'Grüße', '\ufeff𝄞'];
  for (const data of [texts, [texts.slice(0, 2), texts.slice(2)]])
    expect(decodeRequest(bodyOf({ inputs: [{ ...header, data }] })).inputs).toEqual([
      bytesTensor([2, 2], texts.map(utf8)),
    ]);
  const { bytes } = encodeRequest({ inputs: [bytesTensor([2, 2], texts.map(utf8))] }, false);
  expect(JSON.parse(Buffer.from(bytes).toString()).inputs).toEqual([{ ...header, data: texts }]);
});

test('BYTES go as bytes each after its length, in 32 bits with the lowest first', () => {
  const { bytes, jsonLength } = encodeRequest({ inputs: [bytesTensor([3], ['a', '', 'é'].map(utf8))] }, true);
  expect([...bytes.subarray(jsonLength)]).toEqual([1, 0, 0, 0, 97, 0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9]);
});

test('bytes that are no text are refused for JSON, by name, and go as bytes', () => {
  const inputs = [bytesTensor([1], [Uint8Array.of(0xff)])];
  expect(() => encodeRequest({ inputs }, false)).toThrow(/"text": .*ask for binary data/);
  expect(decodeRequest(encodeRequest({ inputs }, true)).inputs).toEqual(inputs);
});

test.each([
  ['a value that ends too soon', [2], [1, 0, 0, 0, 97, 2, 0, 0, 0, 97]],
  ['a length that is cut off', [2], [1, 0, 0, 0, 97, 1, 0, 0]],
  ['a length that nothing could have', [1], [0xff, 0xff, 0xff, 0xff, 97]],
  ['a value too few', [2], [1, 0, 0, 0, 97]],
  ['a value too many', [1], [1, 0, 0, 0, 97, 1, 0, 0, 0, 97]],
  ['bytes behind its last value', [1], [1, 0, 0, 0, 97, 0]],
  ['bytes although it has no values', [0], [0, 0, 0, 0]],
])('BYTES with %s are refused by name', (_, shape, bytes) => {
  const parameters = { binary_data_size: bytes.length };
  const json = utf8(JSON.stringify({ inputs: [{ name: 'text', shape, datatype: 'BYTES', parameters }] }));
  const sent = { bytes: Uint8Array.from([...json, ...bytes]), jsonLength: json.length };
  expect(() => decodeRequest(sent)).toThrow(InvalidTensorError);
  expect(() => decodeRequest(sent)).toThrow(
    `"text": BYTES [${shape}] takes ${shape} values, each after its length; the ${bytes.length} bytes found do not match`,
  );
});

test.each([
  ['a missing shape', { shape: undefined, data: [1, 2] }, /inputs\[0\]\.shape/],
  [
    'another datatype',
    { datatype: 'STRING', data: [1, 2] },
    /"images": expected one of the datatypes .*found "STRING"/,
  ],
  ['too few values', { data: [1] }, /"images": its shape \[2\] holds 2 values, found 1/],
  ['too large a value', { data: [1, 256] }, /"images": expected a value of UINT8 at 1, found 256/],
  [
    'a value that would become infinite',
    { datatype: 'FP32', data: [1e39, 2] },
    /"images": expected a value of FP32 at 0, found 1e\+39/,
  ],
  ['a fraction', { data: [1.5, 2] }, /at 0, found 1\.5/],
  ['a text', { data: ['a', 2] }, /at 0, found "a"/],
  ['a number among texts', { datatype: 'BYTES', data: ['a', 2] }, /"images": expected a text at 1, found 2/],
  ['too few texts', { datatype: 'BYTES', data: ['a'] }, /its shape \[2\] holds 2 values, found 1/],
  ['lists that are not nested as its shape', { shape: [2, 2], data: [[1, 2], [3]] }, /a list of 1 where 2/],
  ['no values at all', {}, /either data or the parameter binary_data_size/],
  [
    'bytes that are not there',
    { parameters: { binary_data_size: 2 } },
    /expected 2 bytes after the JSON, found 0/,
  ],
  [
    'a shape of far too much',
    { shape: [2 ** 31, 2 ** 31, 2 ** 31], data: [] },
    /more values than can be sent/,
  ],
])('a tensor with %s is refused by name', (_, wrong, says) => {
  expect(() => decodeRequest(images(wrong))).toThrow(InvalidInferenceError);
  expect(() => decodeRequest(images(wrong))).toThrow(says);
});

test('a text with half of a surrogate pair is refused, because UTF-8 cannot hold the half', () => {
  const header = { name: 'text', datatype: 'BYTES', shape: [2] };
  expect(() => tensorOfJson(header, ['\u{1F600}', '\ud83d'])).toThrow(/"text": .*whole characters at 1/);
});

test('another byte count than the shape takes is refused, and so are bytes of no tensor', () => {
  const json = new TextEncoder().encode(
    JSON.stringify({
      inputs: [{ name: 'images', shape: [3], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
    }),
  );
  const bytes = new Uint8Array(json.length + 8);
  bytes.set(json);
  expect(() => decodeRequest({ bytes, jsonLength: json.length })).toThrow(
    '"images": FP32 [3] takes 12 bytes, found 8',
  );
  const { bytes: whole, jsonLength } = encodeRequest(
    { inputs: [{ name: 'a', datatype: 'UINT8', shape: [1], data: new Uint8Array(1) }] },
    true,
  );
  const longer = new Uint8Array(whole.length + 3);
  longer.set(whole);
  expect(() => decodeRequest({ bytes: longer, jsonLength })).toThrow(
    '3 bytes after the JSON belong to no tensor',
  );
  expect(() => decodeRequest({ bytes: whole, jsonLength: whole.length + 1 })).toThrow('inference-header');
});

test('whatever bytes come, they are read or refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.option(fc.nat(400), { nil: undefined }),
      (bytes, jsonLength) => {
        try {
          decodeRequest({ bytes: bytes as Uint8Array<ArrayBuffer>, jsonLength });
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInferenceError);
        }
      },
    ),
  );
});

test('an output that a model has not is refused by name', () => {
  const outputs = [{ name: 'labels', datatype: 'INT32', shape: [1], data: new Int32Array(1) }] as const;
  expect(() => encodeResponse({ model: 'm', outputs }, { outputs: [{ name: 'boxes' }] })).toThrow(
    'tensor "boxes": model m has no such output; its outputs are labels',
  );
});

test('an empty list of outputs asks for all of them', () => {
  const request = decodeRequest(
    bodyOf({ inputs: [{ name: 'a', shape: [1], datatype: 'INT32', data: [1] }], outputs: [] }),
  );
  const response = { model: 'm', outputs: request.inputs };
  expect(decodeResponse(encodeResponse(response, request)).outputs).toEqual(request.inputs);
});

test.each([
  [{ classification: 3 }, 'this server has no classification extension'],
  [{ shared_memory_region: 'a' }, 'this server has no shared memory extension'],
])('an output with %j, which would come as a plain tensor, is refused', (parameters, says) => {
  const inputs = [{ name: 'a', shape: [1], datatype: 'INT32', data: [1] }];
  const asking = (given: object) => bodyOf({ inputs, outputs: [{ name: 'a', parameters: given }] });
  expect(() => decodeRequest(asking(parameters))).toThrow(says);
  expect(decodeRequest(asking({ classification: null, priority: 1 })).outputs).toHaveLength(1);
});

test('a value that JSON has not is refused, and goes as bytes', () => {
  const outputs = [{ name: 'a', datatype: 'FP32', shape: [1], data: Float32Array.of(Number.NaN) }] as const;
  expect(() => encodeResponse({ model: 'm', outputs }, {})).toThrow(InvalidTensorError);
  expect(decodeResponse(encodeResponse({ model: 'm', outputs }, { binaryOutput: true })).outputs).toEqual(
    outputs,
  );
});
