import { beforeAll, expect, test } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Pack } from '../../models/packs/pack.ts';
import { pixelsOf } from '../../models/tasks/items.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { gather } from '../../workers/profiler/measure.ts';
import { ModelLoadError, ModelMismatchError, WorkerLostError } from '../../workers/runtime/errors.ts';
import { loadFashion } from './fashion.ts';

let models: LoadedManifest;
let pack: Pack;

beforeAll(async () => {
  models = await loadFashion();
  pack = await models.readPack();
});

const scenes = (count: number) =>
  gather(
    [0, 1, 2, 3].map((i) => pixelsOf(pack.images, i)),
    0,
    count,
  );

async function withDetector() {
  const worker = await nodeEnvironment().spawn('test', 1);
  const [stage, next] = models.manifest.stages;
  const variant = stage!.variants[0]!;
  const bytes = await models.readVerified(variant.file, variant.sha256);
  const spec = { key: 'd', model: 'detect/det4', backend: 'cpu', stage: stage!, next: next! } as const;
  return { worker, bytes, spec };
}

test('a run gives a result per item and the crops of what was found', async () => {
  const { worker, bytes, spec } = await withDetector();
  await worker.load(spec, bytes);
  const { results, children, childCounts, inferenceMs } = await worker.run('d', scenes(4));
  worker.terminate();
  const found = results.map((result) => (result.task === 'object-detection' ? result.detections.length : -1));
  expect(childCounts).toEqual(found);
  expect(children.count).toBe(found.reduce((sum, n) => sum + n, 0));
  expect(children.pixels).toHaveLength(children.count * 28 * 28);
  expect(inferenceMs).toBeGreaterThan(0);
});

test('calls that overlap are run one after the other and each gets its own answer', async () => {
  const { worker, bytes, spec } = await withDetector();
  await worker.load(spec, bytes);
  const alone = [await worker.run('d', scenes(1)), await worker.run('d', scenes(4))];
  const together = await Promise.all([worker.run('d', scenes(1)), worker.run('d', scenes(4))]);
  worker.terminate();
  expect(together.map((run) => run.results)).toEqual(alone.map((run) => run.results));
});

test('a truncated model is told as such, by name', async () => {
  const { worker, bytes, spec } = await withDetector();
  const loading = worker.load(spec, bytes.slice(0, bytes.length / 2));
  await expect(loading).rejects.toThrow(ModelLoadError);
  await expect(loading).rejects.toThrow(/detect\/det4 cannot be loaded/);
  worker.terminate();
});

test('a model of another shape than its stage is told with both shapes', async () => {
  const { worker, bytes, spec } = await withDetector();
  const stage = { ...spec.stage, input: { ...spec.stage.input, height: 64 } };
  const loading = worker.load({ ...spec, stage }, bytes);
  await expect(loading).rejects.toThrow(ModelMismatchError);
  await expect(loading).rejects.toThrow('[batch, 1, 64, 128], but is [batch, 1, 128, 128]');
  worker.terminate();
});

test('a call in flight and every later one reject once the worker is killed', async () => {
  const { worker, bytes, spec } = await withDetector();
  await worker.load(spec, bytes);
  const running = worker.run('d', scenes(4));
  worker.terminate();
  await expect(running).rejects.toThrow(WorkerLostError);
  await expect(worker.run('d', scenes(1))).rejects.toThrow(WorkerLostError);
  await expect(worker.lost).resolves.toContain('SIGKILL');
});
