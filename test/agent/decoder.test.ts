import { afterEach, expect, test } from 'vitest';
import { Decoder } from '../../agent/oip/decoder/decoder.ts';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { InvalidInferenceError } from '../../agent/oip/errors.ts';
import { type Body, decodeRequest, encodeResponse, type InferRequest } from '../../agent/oip/infer.ts';
import { spawnWorker } from '../../workers/environment/node.ts';
import type { RawWorker } from '../../workers/stage/stage-worker.ts';
import { compiled } from '../compiled.ts';
import { decodeResponse } from './tensors.ts';

const started: RawWorker[] = [];
let decoder: Decoder;

function open(): Decoder {
  decoder = new Decoder(() => {
    const raw = spawnWorker(compiled('agent/oip/decoder/worker.node.js'));
    started.push(raw);
    return raw;
  });
  return decoder;
}

afterEach(() => {
  decoder.close();
  started.length = 0;
});

const request = (values: number): InferRequest => ({
  id: 'seven',
  inputs: [
    {
      name: 'images',
      datatype: 'UINT8',
      shape: [values],
      data: Uint8Array.from({ length: values }, (_, i) => i),
    },
    { name: 'question', datatype: 'BYTES', shape: [1], data: [new TextEncoder().encode('wo?')] },
  ],
  outputs: [{ name: 'labels', binary: false }],
  binaryOutput: true,
});

test('a small request and one with binary tensors stay as they are', async () => {
  open();
  for (const body of [encodeRequest(request(100), false), encodeRequest(request(1e6), true)])
    expect(await decoder.fast(body)).toBe(body);
  expect(started).toEqual([]);
});

test('a process that was opened before parses the first large JSON', async () => {
  await open().open();
  expect(started).toHaveLength(1);
  expect(decodeRequest(await decoder.fast(encodeRequest(request(200_000), false)))).toEqual(request(200_000));
  expect(started).toHaveLength(1);
});

test('a large response that a graph of KServe sends on as a request is parsed elsewhere, too', async () => {
  const { inputs: outputs } = request(200_000);
  const answer = encodeResponse(
    { model: 'detect', version: 'n', id: 'seven', outputs },
    { binaryOutput: false },
  );
  const fast = await open().fast(answer);
  expect(started).toHaveLength(1);
  expect(fast.jsonLength).toBeLessThan(1000);
  expect(decodeResponse(fast)).toEqual(decodeResponse(answer));
});

test('a large JSON is parsed elsewhere, and says the same afterwards', async () => {
  const fast = await open().fast(encodeRequest(request(200_000), false));
  expect(started).toHaveLength(1);
  expect(fast.jsonLength).toBeLessThan(1000);
  expect(decodeRequest(fast)).toEqual(request(200_000));
});

test('what is wrong with a large JSON is told as of a small one', async () => {
  const long = ' '.repeat(50_000);
  const body = (text: string): Body => ({ bytes: new TextEncoder().encode(text), jsonLength: undefined });
  await expect(open().fast(body(`${long}{"inputs": [`))).rejects.toThrow(/the request is not JSON/);
  await expect(decoder.fast(body(`${'['.repeat(50_000)}`))).rejects.toThrow(/nested at most 32 deep/);
  await expect(decoder.fast(body(`[${'{},'.repeat(50_000)}{}]`))).rejects.toThrow(/at most 1000 objects/);
});

test('a process that is lost takes the request with it, and the next one gets another process', async () => {
  const large = encodeRequest(request(200_000), false);
  const lost = open().fast(large);
  started[0]!.terminate();
  await expect(lost).rejects.toMatchObject({ httpStatus: 503 });
  expect(decodeRequest(await decoder.fast(large))).toEqual(request(200_000));
  expect(started).toHaveLength(2);
});

const blank = (mib: number): Body => ({
  bytes: new Uint8Array(mib * 2 ** 20).fill(0x20),
  jsonLength: undefined,
});

test('no more waits for it than fits the bound', async () => {
  const first = open()
    .fast(blank(20))
    .catch((error: Error) => error.name);
  await expect(decoder.fast(blank(20))).rejects.toMatchObject({ httpStatus: 503 });
  expect(await first).toBe('InvalidInferenceError');
});

test('a JSON above the bound is parsed where no other waits', async () => {
  await expect(open().fast(blank(33))).rejects.toThrow(InvalidInferenceError);
});
