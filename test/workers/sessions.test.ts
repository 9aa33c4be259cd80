import { afterEach, expect, type Mock, test, vi } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { TensorInfo } from '../../models/tasks/tensor.ts';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { measureAfterPauses } from '../../workers/profiler/after-pauses.ts';
import { measureCoRuns } from '../../workers/profiler/co-run.ts';
import { batchRunner } from '../../workers/profiler/measure.ts';
import type { Progress } from '../../workers/profiler/progress.ts';
import { fixedBatchOfSessions, Sessions } from '../../workers/profiler/sessions.ts';
import { WorkClock } from '../../workers/profiler/work-clock.ts';
import { nextTask } from '../../workers/stage/next-task.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { loadSmallFashion } from './fashion.ts';

afterEach(() => {
  vi.useRealTimers();
});

const input = (name: string, ...dims: TensorInfo['dims']): TensorInfo => ({ name, type: 'int64', dims });
const session = (...inputs: TensorInfo[]) => ({ inputs, outputs: [] });

test('a variant has the batch size to which any of its models is fixed', () => {
  const encoder = session(input('input_ids', null, null));
  expect(fixedBatchOfSessions({ encoder, decoder: session(input('input_ids', 4, 1)) })).toBe(4);
});

test("a merged decoder's switch fixes no batch size", () => {
  const decoder = session(input('input_ids', null, null), input('use_cache_branch', 1));
  expect(fixedBatchOfSessions({ encoder: session(input('input_ids', null, null)), decoder })).toBeNull();
});

const CPU = { backend: 'cpu', threads: 1 } as const;

/** Sessions in fake workers, each of which is lost when a test says so. */
function withFakeWorkers() {
  const spawned: { lose(reason: string): void; readonly terminate: Mock }[] = [];
  const spawn: Environment['spawn'] = async () => {
    let lose = (_: string) => {};
    const lost = new Promise<string>((resolve) => {
      lose = resolve;
    });
    const worker = { lost, lose, terminate: vi.fn() };
    spawned.push(worker);
    return worker as unknown as StageWorker;
  };
  return { sessions: new Sessions({} as LoadedManifest, { spawn } as Environment), spawned };
}

test('the end of a replaced worker leaves its replacement in use, which is ended at the close', async () => {
  const { sessions, spawned } = withFakeWorkers();
  await sessions.worker(CPU);
  await sessions.replace(CPU);
  const second = await sessions.worker(CPU);
  spawned[0]!.lose('killed by SIGKILL');
  await nextTask();
  expect(await sessions.worker(CPU)).toBe(second);
  sessions.close();
  await nextTask();
  expect(spawned.map(({ terminate }) => terminate.mock.calls.length > 0)).toEqual([true, true]);
});

test('a worker whose GPU device is lost is ended for that reason, and the next one is new', async () => {
  const { sessions, spawned } = withFakeWorkers();
  const first = await sessions.worker(CPU);
  spawned[0]!.lose('out of memory');
  await nextTask();
  expect(spawned[0]!.terminate).toHaveBeenCalledWith('out of memory');
  expect(await sessions.worker(CPU)).not.toBe(first);
});

test('the close ends a worker whose start would never end', async () => {
  const spawn: Environment['spawn'] = (_id, _threads, signal) =>
    new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  const sessions = new Sessions({} as LoadedManifest, { spawn } as Environment);
  const starting = sessions.worker(CPU);
  sessions.close();
  await expect(starting).rejects.toThrow('abort');
});

const GPU = { backend: 'webgpu', threads: 1 } as const;

/** Sessions of two stages' variants, of which a worker keeps only one, because they are large. Fake workers run them. */
async function ofLargeVariants() {
  const { manifest } = await loadSmallFashion();
  const stages = manifest.stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((variant) => ({
      ...variant,
      sessions: { model: { ...variant.sessions.model!, sizeBytes: 0.7e9 } },
    })),
  }));
  const pipeline = new Pipeline({ ...manifest, stages });
  const loaded = new Set<string>();
  const spawn = async () => ({
    lost: new Promise(() => {}),
    terminate() {},
    load: async ({ key }: { key: string }) => {
      loaded.add(key);
      return { createMs: 1, cpuFallback: false, sessions: {} };
    },
    release: async (key: string) => void loaded.delete(key),
    async run(key: string) {
      if (!loaded.has(key)) throw new Error(`${key} is not loaded`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      return { inferenceMs: 2, size: 1, steps: 0, runsMs: {} };
    },
  });
  const environment = {
    reference: 'cpu',
    logicalCores: 1,
    visible: async () => {},
    spawn,
  } as unknown as Environment;
  const models = {
    ...{ manifest: { ...manifest, stages }, pipeline },
    readModels: async () => ({}),
  } as unknown as LoadedManifest;
  const sessions = new Sessions(models, environment);
  const cells = stages.map(({ name, variants }) => ({
    ...{ stage: name, variant: variants[0]!.name, ...GPU, batch: 1 },
    ...{ state: 'measured', latencyMs: { p50: 2 } },
  })) as unknown as MeasuredCell[];
  return { sessions, environment, pipeline, manifest: { ...manifest, stages }, cells, loaded };
}

test('a worker keeps all variants of a pipeline loaded unless they are large', async () => {
  const small = new Sessions(await loadSmallFashion(), {} as Environment);
  expect(small.keepAll).toBe(true);
  expect((await ofLargeVariants()).sessions.keepAll).toBe(false);
});

test('variants that work opens stay open until its end, however large they are', async () => {
  const { sessions, manifest, loaded } = await ofLargeVariants();
  const [first, second, third] = manifest.stages.flatMap(({ name, variants }) =>
    variants.map(({ name: variant }) => ({ stage: name, variant, ...GPU })),
  );
  await sessions.open(first!);
  await sessions.holding(async () => {
    await sessions.open(second!);
    await sessions.open(third!);
    expect(loaded).toEqual(new Set([second, third].map((key) => `${key!.stage}/${key!.variant}`)));
  });
  await sessions.open(first!);
  expect(loaded).toEqual(new Set([`${first!.stage}/${first!.variant}`]));
});

const parts = {
  settings: { backends: ['webgpu'], threads: [1], batches: [1], budgetS: 20, seed: 1 },
  progress: { begin() {}, working() {}, step() {} } as unknown as Progress,
  clock: new WorkClock(),
  signal: undefined,
} as const;

test('pauses between batches are measured of stages with large models', async () => {
  vi.useFakeTimers();
  const { cells, ...large } = await ofLargeVariants();
  const items = cells.map(() => ({ items: [new Uint8Array(4)], requests: [0] }));
  const measuring = measureAfterPauses({ ...parts, ...large, items, measureServing: undefined }, cells);
  await vi.runAllTimersAsync();
  expect((await measuring).batchPauses).toMatchObject([
    { backend: 'webgpu', stage: 'detect' },
    { backend: 'webgpu', stage: 'classify' },
  ]);
});

test('two workers of stages with large models are measured side by side', async () => {
  vi.useFakeTimers();
  const { cells, ...large } = await ofLargeVariants();
  const measuring = measureCoRuns({ ...parts, ...large }, cells, async (key, second) => {
    const { worker, key: loaded } = await large.sessions.open({ ...key, second });
    return batchRunner(worker, loaded, () => [new Uint8Array(4)]);
  });
  await vi.runAllTimersAsync();
  expect(await measuring).toMatchObject([{ backend: 'webgpu' }]);
});
