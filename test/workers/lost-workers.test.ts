import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Cell, cellId } from '../../solver/documents/cell.ts';
import type { Serving } from '../../solver/documents/serving.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { spawnWorker } from '../../workers/environment/node.ts';
import { profile } from '../../workers/profiler/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../../workers/profiler/types.ts';
import { WorkerLostError } from '../../workers/runtime/errors.ts';
import { StageWorker } from '../../workers/stage/stage-worker.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment, withRuns } from './with-runs.ts';

const WORKER = fileURLToPath(new URL('../../workers/stage/worker.node.ts', import.meta.url));
const settings: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1, 2], budgetS: 3, seed: 7 };
const models = await loadSmallFashion();
const store = new MemoryStore();

test('a profile stands where there is no second worker to be had', async () => {
  const alone: Environment = {
    ...environment,
    spawn: (id, threads) =>
      id.endsWith('-second') ? Promise.reject(new Error('no memory')) : environment.spawn(id, threads),
  };
  const told: ProfileProgress['current'][] = [];
  const { coRun, cells } = await profile({
    models,
    environment: alone,
    store,
    settings: { ...settings, batches: [1], budgetS: 1, seed: 9 },
    onProgress: ({ phase, current }) => phase === 'co-run' && told.push(current),
  });
  expect(coRun).toEqual([]);
  expect(cells.every((cell) => cell.state === 'measured')).toBe(true);
  expect(told).toContainEqual(expect.stringMatching(/^det\d+ beside \w+ on cpu: no memory$/));
  expect(told.at(-1)).toMatch(/^(\w+) beside \1 on cpu: no memory$/);
});

test('a worker that is lost once while accuracy is measured is replaced, and no answer is missing', async () => {
  let losses = 0;
  const losing = withRuns((_key, { bytes }, worker) => {
    if (losses++ > 0) return;
    // In a page, the worker gets the memory of the batch, so it is gone with the worker.
    structuredClone(bytes, { transfer: [bytes.buffer] });
    worker.terminate();
    throw new WorkerLostError(worker.id, 'it was terminated');
  });
  const measured = async (one: Environment) => {
    const asked = { ...settings, batches: [1], budgetS: 1, seed: 19 };
    return profile({ models, environment: one, store: new MemoryStore(), settings: asked });
  };
  const { stages } = await measured(losing);
  expect(losses).toBeGreaterThan(1);
  expect(stages).toEqual((await measured(environment)).stages);
});

test('a worker that is lost once while serving is measured is replaced, and loses no finished measurement', async () => {
  let asked = 0;
  const delays = [{ percentile: 50, delayMs: 1 }];
  const serving: Serving = {
    requests: [{ body: 'binary', bodyBytes: 1, n: 1, coreMs: 1, latency: delays }],
    timers: delays,
  };
  const measured = await profile({
    models,
    environment,
    store: new MemoryStore(),
    settings: { ...settings, batches: [1], budgetS: 1, seed: 21 },
    async measureServing() {
      if (asked++ === 0) throw new WorkerLostError('cpu-1', 'killed by SIGKILL');
      return { serving, pauses: undefined };
    },
  });
  expect(asked).toBe(2);
  expect(measured.serving).toEqual(serving);
});

test('a backend that is gone while its cells are measured ends the profile, and its cells do not count as failed', async () => {
  let gone = false;
  const losing: Environment = {
    ...environment,
    unavailable: async (backend) => (backend === 'cuda' && gone ? 'its GPU is gone' : null),
    spawn(id, threads) {
      if (!id.startsWith('cuda')) return environment.spawn(id, threads);
      gone = true;
      return Promise.reject(new Error('no device'));
    },
  };
  let journal = '';
  const asked = profile({
    models,
    environment: losing,
    store,
    settings: { ...settings, backends: ['cpu', 'cuda'], batches: [1], budgetS: 1, seed: 11 },
    onJournal: async (name) => {
      journal = name;
    },
  });
  await expect(asked).rejects.toThrow('Backend cuda is not available: its GPU is gone.');
  const entries = await store.readJournal(journal);
  expect(entries.filter((entry) => entry.kind === 'cell' && entry.cell.state === 'failed')).toEqual([]);
});

test('a reference that breaks at a batch of one cell leaves the cells after it measured', async () => {
  /** The session at whose batch of 2 the reference breaks. */
  let first: string | undefined;
  const breaking: Environment = {
    ...environment,
    unavailable: async () => null,
    async spawn(id, threads) {
      const worker = await environment.spawn(id, threads);
      const [load, infer] = [worker.load.bind(worker), worker.infer.bind(worker)];
      let broken = false;
      return Object.assign(worker, {
        // This machine's CPU stands in for the GPU.
        load: ((spec, files) => load({ ...spec, backend: 'cpu' }, files)) satisfies typeof load,
        infer: (async (key, items) => {
          const isTwo = id === 'cpu-1' && items.lengths.length === 2;
          if (isTwo) first ??= key;
          broken ||= isTwo && key === first;
          if (broken) throw new Error('Aborted()');
          return infer(key, items);
        }) satisfies typeof infer,
      });
    },
  };
  const controller = new AbortController();
  const states = new Map<string, Cell['state']>();
  const asked = profile({
    models,
    environment: breaking,
    store,
    settings: { ...settings, backends: ['cuda'], budgetS: 60, slaMs: 10_000, seed: 18 },
    signal: controller.signal,
    onProgress({ phase, finished }) {
      if (finished) states.set(cellId(finished), finished.state);
      if (phase === 'co-run') controller.abort(new Error('stopped'));
    },
  });
  await expect(asked).rejects.toThrow('stopped');
  expect(states.size).toBe(8);
  expect([...states].filter(([, state]) => state !== 'measured')).toEqual([[`${first}/cuda/1/2`, 'failed']]);
});

test('a cell whose worker hangs counts as failed after a while, and the other cells are measured', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  let hanging: string | undefined;
  const hangs: Environment = {
    ...environment,
    async spawn(id, threads, signal) {
      const raw = spawnWorker(WORKER);
      let hung = false;
      const endpoint: typeof raw.endpoint = Object.assign(Object.create(raw.endpoint), {
        postMessage: (message: unknown) => hung || raw.endpoint.postMessage(message),
      });
      const worker = await StageWorker.start(id, { ...raw, endpoint }, threads, signal);
      const infer = worker.infer.bind(worker);
      return Object.assign(worker, {
        infer: ((key, items) => {
          hanging ??= key;
          hung = key === hanging && items.lengths.length === 2;
          const answer = infer(key, items);
          if (hung) void vi.advanceTimersByTimeAsync(10 * 60_000);
          return answer;
        }) satisfies typeof infer,
      });
    },
  };
  const controller = new AbortController();
  const finished: Cell[] = [];
  const asked = profile({
    models,
    environment: hangs,
    store: new MemoryStore(),
    settings: { ...settings, budgetS: 60, slaMs: 10_000, seed: 21 },
    signal: controller.signal,
    onProgress(now) {
      if (now.finished) finished.push(now.finished);
      if (now.phase === 'co-run') controller.abort(new Error('stopped'));
    },
  });
  await expect(asked).rejects.toThrow('stopped');
  expect(finished).toHaveLength(8);
  expect(finished.filter(({ state }) => state !== 'measured')).toEqual([
    expect.objectContaining({
      state: 'failed',
      error: expect.stringContaining('Worker cpu-1 was lost: a call took longer than 10 min'),
    }),
  ]);
});

test.each([
  'Aborted(OOM). Build with -sASSERTIONS for more info.',
  'Buffer size (4294967296) exceeds the max buffer size limit (2147483648)',
])('a batch that ends with "%s" is left out for lack of memory, and so are larger ones', async (problem) => {
  let measuring = false;
  const small = withRuns((_key, { lengths }) => {
    if (measuring && lengths.length >= 4) throw new Error(problem);
  });
  const controller = new AbortController();
  const reasons = new Map<number, Set<string>>();
  const asked = profile({
    models,
    environment: small,
    store: new MemoryStore(),
    settings: { ...settings, batches: [1, 4, 8], budgetS: 60, slaMs: 10_000, seed: 20 },
    signal: controller.signal,
    onProgress({ phase, finished }) {
      measuring = phase === 'cells';
      if (finished?.state === 'skipped')
        getOrMake(reasons, finished.batch, () => new Set<string>()).add(finished.reason);
      if (phase === 'co-run') controller.abort(new Error('stopped'));
    },
  });
  await expect(asked).rejects.toThrow('stopped');
  expect(reasons).toEqual(new Map([[4, new Set(['out-of-memory'])]]));
});
