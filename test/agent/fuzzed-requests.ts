import fc from 'fast-check';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { requestOf } from './serving.ts';

/** The token of the agent that the requests are sent to. */
export const TOKEN = 'token';
const valid = (() => {
  const { bytes, jsonLength } = encodeRequest(requestOf(1, 0, 2), true);
  return { bytes, jsonLength: jsonLength! };
})();
const json = JSON.parse(new TextDecoder().decode(encodeRequest(requestOf(1), false).bytes));

/** A body that is nearly valid: a valid body with some bytes changed, or with its end cut off. */
const damaged = fc
  .record({
    at: fc.nat(valid.jsonLength - 1),
    bytes: fc.uint8Array({ maxLength: 4 }),
    length: fc.nat(valid.bytes.length),
    cut: fc.boolean(),
  })
  .map(({ at, bytes, length, cut }) => {
    const body = valid.bytes.slice(0, cut ? length : undefined);
    body.set(bytes.subarray(0, Math.max(0, body.length - at)), Math.min(at, body.length));
    return body as Uint8Array;
  });

const wrongInput = fc.record(
  {
    name: fc.oneof(fc.constant('images'), fc.string()),
    shape: fc.oneof(
      fc.constant([1, 1, 28, 28]),
      fc.array(fc.oneof(fc.nat(30), fc.integer(), fc.double()), { maxLength: 5 }),
    ),
    datatype: fc.constantFrom('UINT8', 'FP32', 'BYTES', 'x'),
    data: fc.oneof(
      fc.constant(json.inputs[0].data),
      fc.array(fc.anything({ maxDepth: 2 }), { maxLength: 5 }),
    ),
    parameters: fc.dictionary(fc.constantFrom('binary_data_size', 'x'), fc.oneof(fc.integer(), fc.string())),
  },
  { requiredKeys: [] },
);

/** A body with one to three inputs, some of which are valid. */
const wrongInputs = fc
  .array(fc.oneof(fc.constant(json.inputs[0]), wrongInput), { minLength: 1, maxLength: 3 })
  .map((inputs) => Buffer.from(JSON.stringify({ inputs })));

const sometimes = (share: number, header: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: Math.round(100 * share), arbitrary: header },
    { weight: Math.round(100 * (1 - share)), arbitrary: fc.constant(undefined) },
  );

/** Requests, of which many are nearly valid, and some are valid. */
export const fuzzed = fc.record({
  method: fc.oneof(
    { weight: 12, arbitrary: fc.constant('POST') },
    fc.constantFrom('GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
  ),
  path: fc.oneof(
    { weight: 6, arbitrary: fc.constant('/v2/models/classify/infer') },
    fc.constantFrom(
      '/plan',
      '/metrics',
      '/v2',
      '/v2/models/fashion/infer',
      '/v2/models/detect/versions/1/infer',
    ),
    fc.webPath(),
    fc.string().map((name) => `/v2/models/${encodeURIComponent(name)}/infer`),
  ),
  headers: fc
    .record({
      'content-type': sometimes(
        0.7,
        fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('application/json', 'application/octet-stream', 'x/y') },
          // Seldom: nothing else of such a request is looked at.
          { weight: 1, arbitrary: fc.constantFrom('text/plain', 'x') },
        ),
      ),
      'inference-header-content-length': sometimes(
        0.5,
        fc.oneof(
          fc.constant(String(valid.jsonLength)),
          fc.integer().map(String),
          fc.constantFrom('x', '1e3', '-1', '9'.repeat(30)),
        ),
      ),
      authorization: sometimes(0.5, fc.constantFrom(`Bearer ${TOKEN}`, 'Bearer x', 'Basic eDp4')),
      // Seldom: nothing else of such a request is looked at.
      'content-encoding': sometimes(0.05, fc.constantFrom('gzip', 'identity')),
    })
    .map((headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))),
  body: fc.oneof(
    damaged,
    wrongInputs,
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  ),
});
export type Fuzzed = typeof fuzzed extends fc.Arbitrary<infer T> ? T : never;
