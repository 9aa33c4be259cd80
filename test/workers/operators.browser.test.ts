import { beforeAll, expect, test } from 'vitest';
import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';

let models: LoadedManifest;
const never = new AbortController().signal;

beforeAll(async () => {
  const fetchBytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  models = await loadManifest('/models/fashion/manifest.json', fetchBytes);
});

const operatorsOn = (backend: 'wasm' | 'webgpu', stage = 'classify', variant = 'cnn8') =>
  measureOperators(models, browserEnvironment(), { stage, variant, backend, threads: 1, batch: 2 }, never);

test('on wasm the operators are timed on the CPU', async () => {
  const { operators, batchMs, kernelsTimed } = await operatorsOn('wasm');
  expect(kernelsTimed).toBe(true);
  expect(operators.some(({ operator }) => operator.includes('Conv'))).toBe(true);
  expect(operators.every(({ on }) => on === 'cpu')).toBe(true);
  expect(operators.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThanOrEqual(batchMs);
});

test('on WebGPU the kernels are timed on the GPU, by the operators that they are of', async () => {
  const { operators, kernelsTimed } = await operatorsOn('webgpu');
  const onGpu = operators.filter(({ on }) => on === 'gpu');
  expect(kernelsTimed).toBe(true);
  expect(onGpu.some(({ operator, ms }) => operator.includes('Conv') && ms > 0)).toBe(true);
});
