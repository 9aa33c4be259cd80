import { beforeAll, expect, test } from 'vitest';
import { itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Pack } from '../../models/packs/pack.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { ModelLoadError, ModelMismatchError, WorkerLostError } from '../../workers/runtime/errors.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import { loadFashion } from './fashion.ts';

let models: LoadedManifest;
let pack: Pack;

beforeAll(async () => {
  models = await loadFashion();
  pack = await models.readPack();
});

const scenes = (count: number) => takeInTurn(itemsOf(pack.items, 4), 0, count);

async function withDetector() {
  const worker = await nodeEnvironment().spawn('test', 1);
  const { first } = models.pipeline;
  const files = await models.readModels(first.variant('det4'));
  const spec = variantSpec(first, { key: 'd', variant: 'det4', backend: 'cpu' });
  return { worker, files, spec };
}

test('a run gives a result per item and the crops of what was found', async () => {
  const { worker, files, spec } = await withDetector();
  await worker.load(spec, files);
  const { results, children, childCounts, inferenceMs } = await worker.run('d', scenes(4));
  worker.terminate();
  const found = results.map(
    (result) => (result as StageResult & { detections: unknown[] }).detections.length,
  );
  expect(childCounts).toEqual(found);
  const crops = found.reduce((sum, n) => sum + n, 0);
  expect(children.lengths).toEqual(Array(crops).fill(28 * 28));
  expect(children.bytes).toHaveLength(crops * 28 * 28);
  expect(inferenceMs).toBeGreaterThan(0);
});

test('a run tells the size of its batch and the times of its session runs', async () => {
  const { worker, files, spec } = await withDetector();
  await worker.load(spec, files);
  const { size, steps, runsMs, inferenceMs } = await worker.run('d', scenes(3));
  worker.terminate();
  expect({ size, steps }).toEqual({ size: 3 * 128 * 128, steps: 0 });
  expect(runsMs).toEqual({ model: inferenceMs });
});

test('calls that overlap are run one after the other and each gets its own answer', async () => {
  const { worker, files, spec } = await withDetector();
  await worker.load(spec, files);
  const alone = [await worker.run('d', scenes(1)), await worker.run('d', scenes(4))];
  const together = await Promise.all([worker.run('d', scenes(1)), worker.run('d', scenes(4))]);
  worker.terminate();
  expect(together.map((run) => run.results)).toEqual(alone.map((run) => run.results));
});

test('a truncated model is told as such, by name', async () => {
  const { worker, files, spec } = await withDetector();
  const whole = files.model!;
  const loading = worker.load(spec, { model: whole.slice(0, whole.length / 2) });
  await expect(loading).rejects.toThrow(ModelLoadError);
  await expect(loading).rejects.toThrow(/detect\/det4 cannot be loaded/);
  worker.terminate();
});

test('a model of another shape than its stage is told with both shapes', async () => {
  const { worker, files, spec } = await withDetector();
  const input = { channels: 1, height: 64, width: 128, mean: [0], std: [1], layout: 'nchw' };
  const stage = { ...spec.stage, input };
  const loading = worker.load({ ...spec, stage }, files);
  await expect(loading).rejects.toThrow(ModelMismatchError);
  await expect(loading).rejects.toThrow(
    '[batch, 1, 64, 128] or [batch, 64, 128, 1], but is [batch, 1, 128, 128]',
  );
  worker.terminate();
});

test('a call in flight and every later one reject once the worker is killed', async () => {
  const { worker, files, spec } = await withDetector();
  await worker.load(spec, files);
  const running = worker.run('d', scenes(4));
  worker.terminate();
  await expect(running).rejects.toThrow(WorkerLostError);
  await expect(worker.run('d', scenes(1))).rejects.toThrow(WorkerLostError);
  await expect(worker.lost).resolves.toContain('SIGKILL');
});

test('a call in flight rejects with the reason for which its worker is ended', async () => {
  const { worker, files, spec } = await withDetector();
  await worker.load(spec, files);
  const running = worker.run('d', scenes(4));
  worker.terminate('out of memory');
  await expect(running).rejects.toThrow('Worker test was lost: out of memory');
});

test('a variant without the files that its stage needs is told which they are', async () => {
  const { worker, files, spec } = await withDetector();
  const stage = {
    ...spec.stage,
    task: 'translation',
    input: { length: 8, prefix: '' },
    tokensMax: 4,
    beams: 1,
  };
  const loading = worker.load({ ...spec, stage }, files);
  await expect(loading).rejects.toThrow(ModelMismatchError);
  await expect(loading).rejects.toThrow(
    /the set of its files should be encoder, decoder, config.*but is model\./,
  );
  worker.terminate();
});
