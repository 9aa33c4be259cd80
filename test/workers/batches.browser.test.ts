import { expect, test } from 'vitest';
import { loadManifest } from '../../models/manifests/load.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { inBatchAndAlone, MINI_STAGES } from './batches.ts';

const load = (name: string) =>
  loadManifest(
    `/models/${name}/manifest.json`,
    async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()),
  );

/** A model that runs once, and one with a decoder that runs in a loop: the software adapter takes seconds for a batch. */
const STAGES = MINI_STAGES.filter(
  ([, stage, variant]) => /^(transcribe|answer)$/.test(stage) && variant === 'small',
);

test.each(STAGES)(
  '%s: short and long items get from %s/%s in one batch what each gets alone, on wasm and on WebGPU',
  async (name, stage, variant) => {
    const models = await load(name);
    const wasm = await inBatchAndAlone(browserEnvironment(), 'wasm', models, stage, variant);
    expect(wasm.together).toEqual(wasm.alone);
    // Each size of a batch has shaders of its own, which take the software adapter seconds to compile.
    const webgpu = await inBatchAndAlone(browserEnvironment(), 'webgpu', models, stage, variant, true);
    expect(webgpu.together).toEqual(wasm.alone);
  },
);
