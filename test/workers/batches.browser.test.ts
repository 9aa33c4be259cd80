import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadManifest } from '../../models/manifests/load.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { inBatchAndAlone, MINI_STAGES, ofMinis, testRecordings, testSteps } from './batches.ts';

let wasm: StageWorker;
let webgpu: StageWorker;
beforeAll(async () => {
  wasm = await browserEnvironment().spawn('wasm', 1);
  webgpu = await browserEnvironment().spawn('webgpu', 1);
});
afterAll(() => {
  wasm.terminate();
  webgpu.terminate();
});

const load = (name: string) =>
  loadManifest(
    `/models/${name}/manifest.json`,
    async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()),
  );

/** Stages whose models have the same operators as those of `mood` and `summarise`, so the test runs them on wasm alone. */
const AS_OTHERS: readonly string[] = ['language', 'translate'];

test.each(MINI_STAGES)(
  '%s: short and long items get from %s/%s in one batch what each gets alone, in a browser',
  async (name, stage, variant) => {
    const models = await load(name);
    const onWasm = await inBatchAndAlone(wasm, await ofMinis(models, stage, variant, 'wasm'));
    expect(onWasm.together).toEqual(onWasm.alone);
    if (AS_OTHERS.includes(stage)) return;
    // The software adapter takes seconds to compile the shaders for each batch size, so the test runs only the first two items,
    // the short and the long one, there.
    const few = await ofMinis(models, stage, variant, 'webgpu');
    const two = { ...few, items: few.items.slice(0, 2) };
    const onWebgpu = await inBatchAndAlone(webgpu, two, true);
    expect(onWebgpu.together).toEqual(onWasm.alone.slice(0, 2));
  },
);

testSteps('wasm', () => wasm, load);
testRecordings('wasm', () => wasm);
testRecordings('webgpu', () => webgpu);
