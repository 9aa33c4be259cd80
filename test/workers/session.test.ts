import { afterEach, expect, test, vi } from 'vitest';
import { DeviceLostError } from '../../workers/runtime/errors.ts';
import type { Ort } from '../../workers/runtime/ort.ts';
import { createSession } from '../../workers/runtime/session.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Makes a session whose runs fail at once, and a function that tells it of the GPU's loss. */
async function failing(backend: 'webgpu' | 'wasm') {
  const run = () => Promise.reject(new Error('mapAsync was aborted'));
  const ort = {
    InferenceSession: {
      create: async () => ({ inputMetadata: [], outputMetadata: [], outputNames: [], run }),
    },
  } as unknown as Ort;
  let tellLoss: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    tellLoss = resolve;
  });
  const options = { backend, threads: 1, keeps: false, weights: {}, ...(backend === 'webgpu' && { lost }) };
  return { session: await createSession(ort, new Uint8Array(), options), tellLoss };
}

/** Returns an object that gets the promise's error once the promise rejects. */
function watched(run: Promise<unknown>) {
  const seen: { error?: unknown } = {};
  run.catch((error) => {
    seen.error = error;
  });
  return seen;
}

test('a run that a lost device ended says so, though the loss is told only later', async () => {
  vi.useFakeTimers();
  const { session, tellLoss } = await failing('webgpu');
  const first = watched(session.run({}));
  await vi.advanceTimersByTimeAsync(900);
  expect(first.error).toBeUndefined();
  tellLoss('reset');
  await vi.advanceTimersByTimeAsync(0);
  expect(first.error).toEqual(new DeviceLostError('reset'));
  await expect(session.run({})).rejects.toThrow(DeviceLostError);
});

test('a run that failed on a GPU that is still there ends with its own error', async () => {
  vi.useFakeTimers();
  const { session } = await failing('webgpu');
  const run = watched(session.run({}));
  await vi.advanceTimersByTimeAsync(1000);
  expect(run.error).toEqual(new Error('mapAsync was aborted'));
});

test('a run on the CPU that fails does so at once', async () => {
  vi.useFakeTimers();
  const { session } = await failing('wasm');
  const run = watched(session.run({}));
  await vi.advanceTimersByTimeAsync(0);
  expect(run.error).toEqual(new Error('mapAsync was aborted'));
});

test('a run whose outputs stay on the GPU takes as long as the GPU, though ONNX Runtime returns early', async () => {
  vi.useFakeTimers();
  const GPU_MS = 300;
  const output = { type: 'float32', dims: [1] };
  const run = async () => ({ output });
  const ort = {
    InferenceSession: {
      create: async () => ({ inputMetadata: [], outputMetadata: [], outputNames: ['output'], run }),
    },
  } as unknown as Ort;
  const onSubmittedWorkDone = () => new Promise((resolve) => setTimeout(resolve, GPU_MS));
  const device = async () => ({ queue: { onSubmittedWorkDone } }) as unknown as GPUDevice;
  const options = { backend: 'webgpu', threads: 1, keeps: true, weights: {}, device } as const;
  const session = await createSession(ort, new Uint8Array(), options);
  const running = session.run({}, { read: [], keep: ['output'] });
  await vi.advanceTimersByTimeAsync(GPU_MS);
  expect((await running).ms).toBe(GPU_MS);
});

test('a dimension that ONNX Runtime gives as -1, with or without its sign, is as open as a named one', async () => {
  const value = { name: 'image', isTensor: true, type: 'float32' };
  const shapes = [
    ['batch', 3, 2],
    ['', 3, 2],
    [-1, 3, 2],
    [4294967295, 3, 2],
  ];
  const metadata = shapes.map((shape) => ({ ...value, shape }));
  const ort = {
    InferenceSession: {
      create: async () => ({ inputMetadata: metadata, outputMetadata: metadata, outputNames: [] }),
    },
  } as unknown as Ort;
  const options = { backend: 'wasm', threads: 1, keeps: false, weights: {} } as const;
  const { inputs, outputs } = await createSession(ort, new Uint8Array(), options);
  const open = shapes.map(() => ({ name: 'image', type: 'float32', dims: [null, 3, 2] }));
  expect([inputs, outputs]).toEqual([open, open]);
});
