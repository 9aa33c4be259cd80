import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Decoder } from '../../agent/oip/decoder/decoder.ts';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { InvalidInferenceError } from '../../agent/oip/errors.ts';
import { type Body, decodeRequest, encodeResponse, type InferRequest } from '../../agent/oip/infer.ts';
import { spawnWorker } from '../../workers/environment/node.ts';
import type { RawWorker } from '../../workers/stage/stage-worker.ts';
import { compiled } from '../compiled.ts';
import { decodeResponse } from './tensors.ts';

const started: RawWorker[] = [];
const WAITING_BYTES_MAX = 2 ** 20;
let decoder: Decoder;

function open(): Decoder {
  started.length = 0;
  decoder = new Decoder(() => {
    const raw = spawnWorker(compiled('agent/oip/decoder/worker.node.js'));
    started.push(raw);
    return raw;
  }, WAITING_BYTES_MAX);
  return decoder;
}

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

/** Makes a body of spaces only. @param share its size, as a share of the bytes that may wait together */
const blank = (share: number): Body => ({
  bytes: new Uint8Array(Math.ceil(share * WAITING_BYTES_MAX)).fill(0x20),
  jsonLength: undefined,
});

describe('a decoder that was opened', () => {
  beforeAll(() => open().open());
  afterAll(() => decoder.close());
  // Once the decoder is open, no request starts a further process.
  afterEach(() => expect(started).toHaveLength(1));

  test('parses a large JSON elsewhere, and it says the same afterwards', async () => {
    const fast = await decoder.fast(encodeRequest(request(200_000), false));
    expect(fast.jsonLength).toBeLessThan(1000);
    expect(decodeRequest(fast)).toEqual(request(200_000));
  });

  test('parses a large response that a graph of KServe sends on as a request elsewhere, too', async () => {
    const { inputs: outputs } = request(200_000);
    const answer = encodeResponse(
      { model: 'detect', version: 'n', id: 'seven', outputs },
      { binaryOutput: false },
    );
    const fast = await decoder.fast(answer);
    expect(fast.jsonLength).toBeLessThan(1000);
    expect(decodeResponse(fast)).toEqual(decodeResponse(answer));
  });

  test('tells what is wrong with a large JSON as of a small one', async () => {
    const long = ' '.repeat(50_000);
    const body = (text: string): Body => ({ bytes: new TextEncoder().encode(text), jsonLength: undefined });
    await expect(decoder.fast(body(`${long}{"inputs": [`))).rejects.toThrow(/the request is not JSON/);
    await expect(decoder.fast(body(`${'['.repeat(50_000)}`))).rejects.toThrow(/nested at most 32 deep/);
    await expect(decoder.fast(body(`[${'{},'.repeat(50_000)}{}]`))).rejects.toThrow(/at most 1000 objects/);
  });

  test('lets no more wait than fits the bound', async () => {
    const first = decoder.fast(blank(0.6)).catch((error: Error) => error.name);
    await expect(decoder.fast(blank(0.6))).rejects.toMatchObject({ httpStatus: 503 });
    expect(await first).toBe('InvalidInferenceError');
  });

  test('parses a JSON above the bound where no other waits', async () => {
    await expect(decoder.fast(blank(1.1))).rejects.toThrow(InvalidInferenceError);
  });
});

describe('a decoder that was not opened', () => {
  afterEach(() => decoder.close());

  test('leaves a small request and one with binary tensors as they are', async () => {
    open();
    for (const body of [encodeRequest(request(100), false), encodeRequest(request(1e6), true)])
      expect(await decoder.fast(body)).toBe(body);
    expect(started).toEqual([]);
  });

  test('loses a request with its process, and starts another process for the next one', async () => {
    const large = encodeRequest(request(200_000), false);
    const lost = open().fast(large);
    started[0]!.terminate();
    await expect(lost).rejects.toMatchObject({ httpStatus: 503 });
    expect(decodeRequest(await decoder.fast(large))).toEqual(request(200_000));
    expect(started).toHaveLength(2);
  });

  test('ends a process that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const endpoint = { postMessage: () => {}, addEventListener: () => {}, removeEventListener: () => {} };
    let terminate = () => {};
    const gone = new Promise<string>((resolve) => {
      terminate = () => resolve('it was terminated');
    });
    decoder = new Decoder(() => ({ endpoint, gone, terminate }));
    const lost = expect(decoder.fast(blank(1))).rejects.toMatchObject({ httpStatus: 503 });
    await vi.advanceTimersByTimeAsync(60_000);
    await lost;
  });
});
