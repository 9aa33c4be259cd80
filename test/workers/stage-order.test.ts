import { expect, test } from 'vitest';
import { batchOf } from '../../models/items/item-batch.ts';
import type { Runtime } from '../../workers/runtime/runtime.ts';
import { StageHost } from '../../workers/stage/host.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import { classify, pipelineOf } from '../models/stages.ts';

const CLASSES = classify.classes.length;
const IMAGE = new Uint8Array(classify.input.height * classify.input.width);

/** Makes a runtime. Its sessions give every item the first class, and call `onRun` when a run begins, `onRelease` if released. */
const runtime = (onRun: () => void, onRelease = () => {}): Runtime => ({
  info: { ortVersion: '0', ortBuild: 'none', crossOriginIsolated: false, timerGrainMs: 0.001 },
  lost: new Promise(() => {}),
  createSession: async () => ({
    cpuFallback: false,
    inputs: [{ name: 'x', type: 'float32', dims: [null, 1, classify.input.height, classify.input.width] }],
    outputs: [{ name: 'y', type: 'float32', dims: [null, CLASSES] }],
    async run() {
      onRun();
      const data = Float32Array.from({ length: CLASSES }, (_, i) => (i === 0 ? 1 : 0));
      return { outputs: { y: { type: 'float32', data, dims: [1, CLASSES] } }, ms: 1 };
    },
    async endProfiling() {},
    release: async () => onRelease(),
  }),
});

const spec = variantSpec(pipelineOf(classify).first, { key: 'k', variant: 'only', backend: 'cpu' });
const files = { model: new Uint8Array(1) };

test('a variant that is loaded again takes the place of the one before, whose session is released', async () => {
  let released = 0;
  const host = new StageHost(async () =>
    runtime(
      () => {},
      () => released++,
    ),
  );
  await host.start(1);
  await host.load(spec, files);
  await host.load(spec, files);
  expect(released).toBe(1);
  await host.release('k');
  expect(released).toBe(2);
});

test('a batch that waits begins only after the answer of the batch before it has left the worker', async () => {
  const order: string[] = [];
  const host = new StageHost(async () => runtime(() => order.push('run')));
  await host.start(1);
  await host.load(spec, files);
  // Comlink sends an answer two microtasks after its promise resolves; `catch` and `then` take as long.
  const answer = () =>
    host
      .run('k', batchOf([IMAGE]))
      .catch((error) => error)
      .then(() => order.push('answer'));
  await Promise.all([answer(), answer(), answer()]);
  expect(order).toEqual(['run', 'answer', 'run', 'answer', 'run', 'answer']);
});
