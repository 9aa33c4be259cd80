import { wrap } from 'comlink';
import { beforeAll, expect, test } from 'vitest';
import { batchOf, itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest, withFiles } from '../../models/manifests/load.ts';
import type { Pack } from '../../models/packs/pack.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { compareOutputs } from '../../workers/profiler/measure.ts';
import { DeviceLostError } from '../../workers/runtime/errors.ts';
import { specAlone, variantSpec } from '../../workers/stage/protocol.ts';
import { StageWorker } from '../../workers/stage/stage-worker.ts';
import { brightestChannel } from '../onnx.ts';
import type { DestroyableHost } from './destroyable.worker.ts';
import { handPlan } from './hand-plan.ts';
import { startAtOnce } from './start-at-once.ts';

let models: LoadedManifest;
let pack: Pack;

const fetchBytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());

beforeAll(async () => {
  models = await loadManifest('/models/fashion/manifest.json', fetchBytes);
  pack = await models.readPack();
});

const scenes = (count: number) => takeInTurn(itemsOf(pack.items, 4), 0, count);

/** Made-up images for `classify`. */
const garments = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(28 * 28).fill(i));

async function load(worker: StageWorker, backend: Backend, variant = 'det4', stageName = 'detect') {
  const stage = models.pipeline.stage(stageName);
  const spec = variantSpec(stage, { key: `${variant}-${backend}`, variant, backend });
  await worker.load(spec, await models.readModels(stage.variant(variant)));
  return spec.key;
}

/** Makes an environment whose workers can lose their GPU device. */
function destroyable() {
  const hosts: { destroyDevice(): Promise<void> }[] = [];
  const environment: Environment = {
    ...browserEnvironment(),
    spawn(id, threads) {
      const worker = new Worker(new URL('./destroyable.worker.ts', import.meta.url), { type: 'module' });
      let end: (reason: string) => void = () => {};
      const gone = new Promise<string>((resolve) => {
        end = resolve;
      });
      hosts.push(wrap<DestroyableHost>(worker));
      const terminate = () => {
        worker.terminate();
        end('it was terminated');
      };
      return StageWorker.start(id, { endpoint: worker, gone, terminate }, threads);
    },
  };
  return { environment, hosts };
}

test('the page is isolated, and the native WebGPU build is loaded', async () => {
  const worker = await browserEnvironment().spawn('test', 1);
  expect(crossOriginIsolated).toBe(true);
  expect(worker.info.ortBuild).toBe('Suspending' in WebAssembly ? 'jspi' : 'asyncify');
  worker.terminate();
});

test('a model whose batch dimension has no name runs batches of any size', async () => {
  const stage = {
    name: 'look',
    task: 'image-classification',
    input: { channels: 2, height: 1, width: 1, mean: [0, 0], std: [1, 1], layout: 'nchw' },
    classes: ['first', 'second'],
    scores: 'logits',
    variants: [],
  } as ManifestStage;
  const input = { type: 'float32', dims: ['', 2, 1, 1] } as const;
  const model = brightestChannel(input, 1, { type: 'float32', dims: ['', 2] });
  const worker = await browserEnvironment().spawn('test', 1);
  await worker.load(specAlone(stage, { key: 'v', model: 'look/v', backend: 'wasm' }), { model });
  const { results } = await worker.run('v', batchOf([Uint8Array.of(0, 255), Uint8Array.of(255, 0)]));
  expect(results).toMatchObject([{ label: 1 }, { label: 0 }]);
  worker.terminate();
});

test('webgpu and wasm give the same outputs', async () => {
  const worker = await browserEnvironment().spawn('test', 1);
  const webgpu = await worker.infer(await load(worker, 'webgpu'), scenes(2));
  const wasm = await worker.infer(await load(worker, 'wasm'), scenes(2));
  expect(compareOutputs(webgpu, wasm, ['fp32']).agree).toBe(true);
  worker.terminate();
});

test('wasm with two threads gives the same outputs as with one', async () => {
  const outputs = await Promise.all(
    [1, 2].map(async (threads) => {
      const worker = await browserEnvironment().spawn(`test-${threads}`, threads);
      const output = await worker.infer(await load(worker, 'wasm', 'det8'), scenes(4));
      worker.terminate();
      return output;
    }),
  );
  expect(compareOutputs(outputs[0]!, outputs[1]!, ['fp32']).agree).toBe(true);
});

test('overlapping runs of two sessions on WebGPU neither hang nor mix', async () => {
  const worker = await browserEnvironment().spawn('test', 1);
  const [a, b] = [await load(worker, 'webgpu'), await load(worker, 'webgpu', 'linear', 'classify')];
  const detect = () => worker.infer(a, scenes(1));
  const classify = () => worker.infer(b, batchOf(garments(1)));
  const alone = [await detect(), await classify()];
  const together = await Promise.all([detect(), classify()]);
  together.forEach((output, i) => {
    expect(compareOutputs(output, alone[i]!, ['fp32']).agree).toBe(true);
  });
  worker.terminate();
});

test('a lost device is told by name, at once', async () => {
  const { environment, hosts } = destroyable();
  const worker = await environment.spawn('test', 1);
  const key = await load(worker, 'webgpu', 'linear', 'classify');
  await hosts[0]!.destroyDevice();
  await expect(worker.run(key, batchOf(garments(1)))).rejects.toThrow(DeviceLostError);
  await expect(worker.lost).resolves.toBeTruthy();
  worker.terminate();
});

test('a device lost in the middle of a run loses no request', async () => {
  const { environment, hosts } = destroyable();
  const events: string[] = [];
  const { manifest, readVerified } = models;
  // The pipeline is the classifier alone, which a software adapter runs soon.
  const alone = withFiles({ ...manifest, stages: [manifest.stages[1]!] }, readVerified);
  const executor = await Executor.start(
    alone.pipeline,
    // A failed batch of 1 ends its request, unless the executor knows that the device was at fault.
    handPlan(alone, { backend: 'webgpu', variants: ['linear'], batch: 1, workers: [['classify']] }),
    startAtOnce(alone, environment),
    { onEvent: (what) => events.push(what) },
  );
  const answers = garments(50).map((item) => executor.submit(item, performance.now()));
  await answers[2];
  await hosts[0]!.destroyDevice();
  const outcomes = (await Promise.all(answers)).map((answer) => answer.outcome);
  executor.close();
  expect(outcomes).toEqual(Array.from({ length: 50 }, () => 'completed'));
  expect(events.some((event) => event.includes('was lost'))).toBe(true);
});
