import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { batchOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, withFiles } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { confidenceOf } from '../../models/tasks/confidence.ts';
import { stageScore } from '../../models/tasks/judge.ts';
import { type Cell, cellId } from '../../solver/documents/cell.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { profile } from '../../workers/profiler/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../../workers/profiler/types.ts';
import { BackendUnavailableError } from '../../workers/runtime/errors.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { openFileStore } from '../../workers/store/node.ts';
import type { Store } from '../../workers/store/store.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { until } from '../until.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment, withRuns } from './with-runs.ts';

const settings: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1, 2], budgetS: 3, seed: 7 };

/** A pipeline with two variants a stage, which suffice to test the order of the work. */
let models: LoadedManifest;
const folder = folderOfFile();
let store: Store;

beforeAll(async () => {
  models = await loadSmallFashion();
  store = await openFileStore(folder);
});

afterAll(() => store.close());

test('every variant is measured, warm and cold apart, with samples, accuracy and fan-out, and better variants give a better pipeline', async () => {
  const ends = await loadSmallFashion((variants) => [variants[0]!, variants.at(-1)!], 100);
  const document = parseProfile(await profile({ models: ends, environment, store, settings }), 'the test');
  const first = document.cells.filter((cell) => cell.batch === 1);
  expect(first.map((cell) => cell.state)).toEqual(Array.from({ length: 4 }, () => 'measured'));
  expect(document.pack!.mix).toBe(ends.manifest.pack!.mix);
  expect(document.stages.map(({ sizeUnit }) => sizeUnit)).toEqual(['pixels', 'pixels']);
  const pixelsOf: Record<string, number> = { detect: 128 * 128, classify: 28 * 28 };
  for (const cell of document.cells) {
    if (cell.state !== 'measured') continue;
    expect(cell.outputs.agree).toBe(true);
    expect(cell.inferenceMs.length).toBe(cell.latencyMs.n);
    expect(cell.sizes).toEqual(cell.inferenceMs.map(() => cell.batch * pixelsOf[cell.stage]!));
    expect(cell.cold.createMs).toBeGreaterThan(0);
    expect(cell.warmupRuns).toBeGreaterThan(1);
  }
  expect(document.fanOut.filter((entry) => entry.stage === 'classify')).toHaveLength(2);
  const scenes = ((await ends.readPack()) as LabelledPack).truths.length;
  expect(document.fanOut.every((entry) => entry.counts.length === scenes)).toBe(true);

  const { endToEnd } = document;
  expect(endToEnd).toHaveLength(4);
  const f1 = (detect: string, classify: string) =>
    endToEnd.find(({ variants }) => variants.detect === detect && variants.classify === classify)!.value;
  expect(f1('det16', 'res32')).toBeGreaterThan(f1('det4', 'res32'));
  expect(f1('det16', 'res32')).toBeGreaterThan(f1('det16', 'linear'));
  expect(f1('det4', 'linear')).toBeGreaterThan(0.5);
});

test('an interrupted profile goes on where it was and measures no finished cell twice', async () => {
  const other = { ...settings, budgetS: 1, seed: 8 };
  const measured: string[] = [];
  const controller = new AbortController();
  const onProgress = ({ phase, finished }: { phase: string; finished?: Parameters<typeof cellId>[0] }) => {
    if (phase !== 'cells' || !finished) return;
    measured.push(cellId(finished));
    if (measured.length === 3) controller.abort(new Error('stopped'));
  };
  await expect(
    profile({ models, environment, store, settings: other, signal: controller.signal, onProgress }),
  ).rejects.toThrow('stopped');
  expect(measured).toHaveLength(3);
  const document = await profile({ models, environment, store, settings: other, onProgress });
  expect(new Set(measured).size).toBe(measured.length);
  expect(document.cells.filter((cell) => cell.batch === 1)).toHaveLength(4);
});

test('a profile whose async onProgress rejects ends with what was thrown', async () => {
  const own = new Error('of the caller');
  const asked = profile({ models, environment, store, settings, onProgress: () => Promise.reject(own) });
  await expect(asked).rejects.toBe(own);
});

test('a profile whose onProgress throws while a cell is measured ends with what was thrown', async () => {
  const own = new Error('of the caller');
  const onProgress = ({ phase, finished }: ProfileProgress) => {
    if (phase === 'cells' && !finished) throw own;
  };
  const asked = profile({ models, environment, store: new MemoryStore(), settings, onProgress });
  await expect(asked).rejects.toBe(own);
});

test('a profile that is interrupted and whose pipeline then gets another threshold begins anew', async () => {
  const { manifest, readVerified, readPack } = models;
  const [detect, classify] = manifest.stages as [ManifestStage & { output: object }, ManifestStage];
  const stages = [{ ...detect, output: { ...detect.output, threshold: 0.9 } }, classify];
  const stricter = { ...withFiles({ ...manifest, stages }, readVerified), readPack };
  const own = { store, environment, settings: { ...settings, batches: [1], budgetS: 1, seed: 17 } };
  const recalled: ProfileProgress[] = [];
  /** Stops a profile at its second cell. */
  async function begun(of: LoadedManifest): Promise<void> {
    const controller = new AbortController();
    const onProgress = (now: ProfileProgress) => {
      if (now.recalled) recalled.push(now);
      if (now.phase === 'cells' && now.done === 1) controller.abort(new Error('stopped'));
    };
    const asked = profile({ ...own, models: of, signal: controller.signal, onProgress });
    await expect(asked).rejects.toThrow('stopped');
  }
  await begun(models);
  await begun(stricter);
  expect(recalled).toEqual([]);
  await begun(models);
  expect(recalled).toHaveLength(1);
});

test('accuracy that was measured before an interruption is kept, and none of its steps runs twice', async () => {
  const ran: string[] = [];
  const counting = withRuns((key) => ran.push(key));
  /** Profiles until `isEnd` returns true. @returns the sessions that ran, in order */
  async function ranUntil(isEnd: (now: ProfileProgress) => boolean, seed: number): Promise<string[]> {
    const controller = new AbortController();
    const stopped = profile({
      models,
      environment: counting,
      store,
      settings: { ...settings, seed },
      signal: controller.signal,
      onProgress: (now) => isEnd(now) && controller.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
    return ran.splice(0);
  }
  const atSpeed = ({ phase }: ProfileProgress) => phase === 'cells';
  const whole = await ranUntil(atSpeed, 12);
  const before = await ranUntil(({ phase, done }) => phase === 'accuracy' && done === 3, 13);
  expect(before).toEqual(whole.slice(0, before.length));
  expect(before.length).toBeGreaterThan(0);
  expect(await ranUntil(atSpeed, 13)).toEqual(whole.slice(before.length));
});

test("a profile has each variant's answer to each labelled item, in one order, and the share of their points is the accuracy", async () => {
  const few = { ...settings, batches: [1], budgetS: 1, seed: 12 };
  const { stages } = await profile({ models, environment, store, settings: few });
  const stage = models.pipeline.stage('classify');
  const [, labelled] = await labelledItems((await models.readPack()) as LabelledPack, models.pipeline);
  const { items, truths } = labelled!;
  const worker = await environment.spawn('answers', 1);
  for (const { name, accuracy, answers } of stages[1]!.variants) {
    const spec = variantSpec(stage, { variant: name, backend: 'cpu' });
    await worker.load(spec, await models.readModels(stage.variant(name)));
    const alone = [];
    for (const [i, item] of items.entries()) {
      const [result] = (await worker.run(spec.key, batchOf([item]))).results;
      const { earned, possible } = stageScore(stage, result!, truths[i]!.truth);
      alone.push([expect.closeTo(confidenceOf(stage, result!)!, 4), earned, possible]);
    }
    expect(answers).toEqual(alone);
    const [earned, possible] = [1, 2].map((p) => answers!.reduce((sum, answer) => sum + answer[p]!, 0));
    expect(accuracy.measured).toMatchObject({ value: earned! / possible!, n: items.length });
  }
  worker.terminate();
});

test('cells that the budget did not reach are measured when the profile is resumed with a larger one', async () => {
  const controller = new AbortController();
  const interrupted = profile({
    models,
    environment,
    store,
    settings: { ...settings, budgetS: 0.001, seed: 11 },
    signal: controller.signal,
    onProgress: ({ phase }) => phase === 'co-run' && controller.abort(new Error('stopped')),
  });
  await expect(interrupted).rejects.toThrow('stopped');
  const { cells } = await profile({ models, environment, store, settings: { ...settings, seed: 11 } });
  expect(cells.some((cell) => cell.batch === 2 && cell.state === 'measured')).toBe(true);
});

test('a pause holds the next cell up, and ends with an abort too', async () => {
  const cells: string[] = [];
  let resume = () => {};
  let pausedAt: number | undefined;
  const controller = new AbortController();
  const asked = profile({
    models,
    environment,
    store,
    settings: { ...settings, budgetS: 600, seed: 10 },
    signal: controller.signal,
    onProgress: ({ finished }) => finished && cells.push(cellId(finished)),
    unpaused: () =>
      cells.length < 3 || cells.length === pausedAt
        ? Promise.resolve()
        : new Promise((resolve) => {
            pausedAt = cells.length;
            resume = resolve;
          }),
  });
  await until(() => expect(pausedAt).toBe(3));
  expect(cells).toHaveLength(3);
  resume();
  await until(() => expect(pausedAt).toBe(4));
  controller.abort(new Error('cancelled'));
  await expect(asked).rejects.toThrow('cancelled');
  expect(cells).toHaveLength(4);
});

test('workers of two stages, and two workers of the slowest stage, are measured side by side', async () => {
  const { coRun, cells } = await profile({
    models,
    environment: { ...environment, logicalCores: 2 },
    store,
    settings: { ...settings, batches: [1], budgetS: 1, seed: 10 },
  });
  const slowest = cells.reduce((a, b) => (p50Of(b) > p50Of(a) ? b : a));
  expect(coRun.map((entry) => 'stage' in entry && entry.stage)).toEqual([false, slowest.stage]);
});

const p50Of = (cell: Cell): number => (cell.state === 'measured' ? cell.latencyMs.p50 : 0);

test('a backend that is not there is refused before anything is measured', async () => {
  const asked = profile({ models, environment, store, settings: { ...settings, backends: ['wasm'] } });
  await expect(asked).rejects.toThrow(BackendUnavailableError);
});

test('a batch during which everything stood still, as after Ctrl-Z, is measured again and takes nothing of the budget', async () => {
  const running = performance.now.bind(performance);
  let [stoodMs, cells, runs] = [0, 0, 0];
  vi.spyOn(performance, 'now').mockImplementation(() => running() + stoodMs);
  onTestFinished(() => void vi.restoreAllMocks());
  const standing = withRuns(() => {
    if (cells > 0 && ++runs % 50 === 0) stoodMs += 60_000;
  });
  const onProgress = ({ finished }: ProfileProgress) => {
    if (finished) cells++;
  };
  const document = await profile({
    ...{ models, store: new MemoryStore(), settings },
    environment: standing,
    onProgress,
  });
  expect(stoodMs).toBeGreaterThan(0);
  expect(document.cells.filter(({ state }) => state === 'skipped')).toEqual([]);
  for (const cell of document.cells)
    if (cell.state === 'measured') expect(cell.latencyMs.max).toBeLessThan(60_000);
});
