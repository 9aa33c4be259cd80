import { expect, onTestFinished, test } from 'vitest';
import { Headless } from '../../bench/runner/headless.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { FASHION } from '../workers/fashion.ts';

/** A headless browser with the shipped pipeline, and what stops its work. */
async function open() {
  const controller = new AbortController();
  const { signal } = controller;
  const options = { manifestPath: FASHION, store: new MemoryStore(), signal, onProgress() {} };
  const headless = await Headless.open(options);
  onTestFinished(() => headless.close());
  return { headless, controller };
}

test('a profile that is stopped before it begins is not measured', async () => {
  const { headless, controller } = await open();
  controller.abort(new Error('stopped by Ctrl-C'));
  const settings = { backends: ['wasm'] as const, threads: [1], batches: [1], budgetS: 1, seed: 1 };
  await expect(headless.profile(settings)).rejects.toThrow('stopped by Ctrl-C');
});
