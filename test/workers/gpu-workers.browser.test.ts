import { beforeAll, expect, test } from 'vitest';
import { itemsOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest, withFiles } from '../../models/manifests/load.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { Executor } from '../../workers/executor/executor.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';
import { profile } from '../../workers/profiler/profile.ts';
import { openBrowserStore } from '../../workers/store/browser.ts';
import { handPlan } from './hand-plan.ts';
import { startAtOnce } from './start-at-once.ts';

let models: LoadedManifest;

const fetchBytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** Loads a pipeline of texts with only the first variant of each stage, so that a software adapter is soon done. */
beforeAll(async () => {
  const { manifest, readVerified } = await loadManifest('/models/mail/manifest.json', fetchBytes);
  const stages = manifest.stages.map((stage) => ({ ...stage, variants: stage.variants.slice(0, 1) }));
  models = withFiles({ ...manifest, stages }, readVerified);
});

test('the profiler runs two workers on the GPU at the same time', async () => {
  const store = await openBrowserStore(`test-${crypto.randomUUID()}`);
  /** The number of runs under way, by worker; `together` says whether both workers had one at the same time. */
  const running = new Map<string, number>();
  let together = false;
  const environment = browserEnvironment();
  const document = await profile({
    models,
    environment: {
      ...environment,
      async spawn(id, threads) {
        const worker = await environment.spawn(id, threads);
        const run = worker.run.bind(worker);
        worker.run = async (...batch) => {
          running.set(id, (running.get(id) ?? 0) + 1);
          together ||= ['webgpu-1', 'webgpu-1-second'].every((one) => (running.get(one) ?? 0) > 0);
          return run(...batch).finally(() => running.set(id, running.get(id)! - 1));
        };
        return worker;
      },
    },
    store,
    settings: { backends: ['webgpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 },
  });
  const [entry, ...others] = parseProfile(document, 'the test').coRun;
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ backend: 'webgpu', threads: 1 });
  const { slowDowns } = entry as Extract<typeof entry, { slowDowns: number[] }>;
  expect(slowDowns.length).toBeGreaterThan(0);
  expect(together).toBe(true);
  store.close();
});

test('two workers on the GPU, one per stage, complete every request', async () => {
  const batches: BatchRecord[] = [];
  const executor = await Executor.start(
    models.pipeline,
    handPlan(models, {
      backend: 'webgpu',
      variants: ['bag', 'bag'],
      batch: 1,
      workers: [['language'], ['spam']],
    }),
    startAtOnce(models, browserEnvironment()),
    { onBatch: (batch) => batches.push(batch) },
  );
  const answers = await Promise.all(
    itemsOf((await models.readPack()).items, 3).map((item) => executor.submit(item, performance.now())),
  );
  executor.close();
  expect(answers.map(({ outcome }) => outcome)).toEqual(answers.map(() => 'completed'));
  // The executor adds a number to a worker's name in the plan each time it starts one.
  const stagesOf = (worker: string) =>
    new Set(batches.filter((b) => b.worker.startsWith(`${worker}~`)).map((b) => b.stage));
  expect([stagesOf('worker-0'), stagesOf('worker-1')]).toEqual([new Set(['language']), new Set(['spam'])]);
});
