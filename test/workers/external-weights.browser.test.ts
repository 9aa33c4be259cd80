import { expect, test } from 'vitest';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { classesOf, filesWith, WEIGHTS } from './external-weights.ts';

test.each(['wasm', 'webgpu'] as const)(
  'in a browser a model finds its weights in a file of their own: %s',
  async (backend) => {
    const worker = await browserEnvironment().spawn('test', 1);
    expect(await classesOf(worker, backend, filesWith(WEIGHTS), [0, 3, 1])).toEqual([3, 0, 2]);
    worker.terminate();
  },
);

test.each([
  ['missing', null],
  ['cut off', WEIGHTS.slice(0, 8)],
])('in a browser weights that are %s end the load with the name of their file', async (_, weights) => {
  const worker = await browserEnvironment().spawn('test', 1);
  await expect(classesOf(worker, 'wasm', filesWith(weights), [0])).rejects.toThrow(
    /look\/v cannot be loaded.*model\.onnx_data/s,
  );
  worker.terminate();
});
