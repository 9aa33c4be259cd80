import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadManifest, withFiles } from '../../models/manifests/load.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { inBatchAndAlone, MINI_STAGES, ofMinis, testRecordings } from './batches.ts';

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

/** Loads a shipped pipeline whose stages write few tokens, because a software adapter takes long for each. */
async function load(name: string) {
  const fetchBytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  const { manifest, readVerified } = await loadManifest(`/models/${name}/manifest.json`, fetchBytes);
  const stages = manifest.stages.map((stage) => ('tokensMax' in stage ? { ...stage, tokensMax: 8 } : stage));
  return withFiles({ ...manifest, stages } as Manifest, readVerified);
}

/**
 * The stages that run on WebGPU, too, which takes a software adapter seconds: one answers in one run, the other in a loop. The
 * shipped recognisers get recordings of one length, so nothing is padded; made-up ones run on WebGPU in their place.
 */
const ON_WEBGPU: readonly string[] = ['answer', 'summarise'];

test.each(MINI_STAGES)(
  '%s: short and long items get from %s/%s in one batch what each gets alone, in a browser',
  async (name, stage, variant) => {
    const models = await load(name);
    const onWasm = await inBatchAndAlone(wasm, await ofMinis(models, stage, variant, 'wasm'));
    expect(onWasm.together).toEqual(onWasm.alone);
    if (!ON_WEBGPU.includes(stage)) return;
    // The software adapter takes seconds to compile the shaders for each batch size, so the test runs only the first two items,
    // the short and the long one, there.
    const few = await ofMinis(models, stage, variant, 'webgpu');
    const two = { ...few, items: few.items.slice(0, 2) };
    const onWebgpu = await inBatchAndAlone(webgpu, two, true);
    expect(onWebgpu.together).toEqual(onWasm.alone.slice(0, 2));
  },
);

testRecordings('wasm', () => wasm);
testRecordings('webgpu', () => webgpu);
