import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Item, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { sleep } from '../../workers/executor/clock.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { type ExecutorWorker, type StartWorker, workerStarter } from '../../workers/executor/start-worker.ts';
import type { SupervisorLimits } from '../../workers/executor/supervisor.ts';
import type { BatchRecord, RequestAnswer } from '../../workers/executor/types.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';
import { compiledEnvironment } from '../compiled.ts';
import { until } from '../until.ts';
import { loadFashion } from './fashion.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';

let models: LoadedManifest;
let scenes: Item[];

beforeAll(async () => {
  models = await loadFashion();
  scenes = itemsOf((await models.readPack()).items);
});

interface Setting {
  readonly environment?: Environment;
  /** Gives the workers; absent: real ones of the environment. */
  readonly startWorker?: StartWorker;
  readonly limits?: Partial<SupervisorLimits>;
}

async function start(hand: Omit<HandPlan, 'backend'>, setting: Setting = {}) {
  const { environment = compiledEnvironment(), limits } = setting;
  const batches: BatchRecord[] = [];
  const events: string[] = [];
  const executor = await Executor.start(
    models.pipeline,
    handPlan(models, { backend: 'cpu', ...hand }),
    setting.startWorker ?? workerStarter(models, environment),
    { onBatch: (batch) => batches.push(batch), onEvent: (what) => events.push(what) },
    limits,
  );
  return { executor, batches, events };
}

const submit = (executor: Executor, i: number): Promise<RequestAnswer> =>
  executor.submit(scenes[i % scenes.length]!, performance.now());

/** Sends `count` scenes, at most 8 of them at a time. @param meanwhile done after each was sent, before the next one is */
async function send(
  executor: Executor,
  count: number,
  meanwhile?: (sent: number) => Promise<unknown> | undefined,
): Promise<RequestAnswer[]> {
  const answers: Promise<RequestAnswer>[] = [];
  for (let i = 0; i < count; i++) {
    await answers[i - 8];
    answers.push(submit(executor, i));
    await meanwhile?.(i);
  }
  return Promise.all(answers);
}

function outcomes(answers: readonly RequestAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const stageWorkers = (): number[] =>
  execFileSync('pgrep', ['-P', String(process.pid), '-f', 'worker.node'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);

const times = (events: readonly string[], what: string): number =>
  events.filter((event) => event.includes(what)).length;

test('requests come back complete: a detection each, and a class for each garment found', async () => {
  const { executor, batches } = await start({ workers: [['detect'], ['classify']] });
  const answers = await send(executor, 60);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 60 });
  for (const { answer } of answers) {
    const [detected, classified] = resultsByStage(answer, 2);
    const found = (detected![0] as StageResult & { detections: unknown[] }).detections.length;
    expect(classified?.length ?? 0).toBe(found);
  }
  expect(Math.max(...batches.map((batch) => batch.items))).toBe(4);
});

test('the same answers come out whatever the batching and the workers', async () => {
  const labels = async (hand: Omit<HandPlan, 'backend'>) => {
    const { executor } = await start(hand);
    const answers = await send(executor, 30);
    executor.close();
    return answers.map(({ answer }) => resultsByStage(answer, 2)[1]);
  };
  const one = await labels({ batch: 1, workers: [['detect', 'classify']] });
  const many = await labels({ batch: 8, workers: [['detect'], ['classify'], ['classify']] });
  expect(many).toEqual(one);
});

test('a worker killed in the middle of a run loses no request', async () => {
  const { executor, events } = await start({ workers: [['detect'], ['classify']], batch: 2 });
  const killOne = async (already: number) => {
    await until(() => expect(times(events, 'replaces a lost one')).toBe(already));
    process.kill(stageWorkers()[0]!, 'SIGKILL');
    await until(() => expect(times(events, 'was lost')).toBe(already + 1));
  };
  const answers = await send(executor, 150, (sent) => {
    if (sent === 40) return killOne(0);
    if (sent === 90) return killOne(1);
  });
  await until(() => expect(times(events, 'replaces a lost one')).toBe(2));
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 150 });
});

test('a lost worker is replaced however often that fails, the failure is told once, and no request is lost', async () => {
  const environment = compiledEnvironment();
  const { executor, events } = await start(
    { workers: [['detect', 'classify']] },
    { environment, limits: { respawnMs: [0] } },
  );
  const spawn = vi.spyOn(environment, 'spawn');
  for (let i = 0; i < 4; i++) spawn.mockRejectedValueOnce(new Error('out of memory'));
  process.kill(stageWorkers()[0]!, 'SIGKILL');
  await until(() => expect(times(events, 'was lost')).toBe(1));
  const answers = await send(executor, 20);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 20 });
  expect(spawn).toHaveBeenCalledTimes(5);
  expect(times(events, 'could not be started: out of memory')).toBe(1);
});

test('a switch of variants in the middle of a run fails no request and takes effect', async () => {
  const { executor, batches } = await start({ workers: [['detect'], ['classify']] });
  const next = handPlan(models, {
    backend: 'cpu',
    variants: ['det8', 'cnn8'],
    workers: [['detect', 'classify']],
  });
  const answers = await send(executor, 20);
  let switching = true;
  const switched = executor.switchTo(next).finally(() => {
    switching = false;
  });
  while (switching) answers.push(...(await send(executor, 8)));
  await switched;
  answers.push(...(await send(executor, 20)));
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: answers.length });
  expect(new Set(batches.map((batch) => batch.variant))).toEqual(new Set(['det4', 'mlp64', 'det8', 'cnn8']));
  expect(batches.at(-1)!.variant).toBe('cnn8');
});

test('a switch keeps the workers that already run what the new plan asks for', async () => {
  const { executor } = await start({ workers: [['detect'], ['classify']], batch: 2 });
  const [detect, classify] = stageWorkers();
  await executor.switchTo(
    handPlan(models, { backend: 'cpu', workers: [['detect'], ['classify'], ['classify']], batch: 4 }),
  );
  expect(stageWorkers()).toHaveLength(3);
  expect(stageWorkers()).toEqual(expect.arrayContaining([detect, classify]));
  expect(outcomes(await send(executor, 30))).toEqual({ completed: 30 });
  executor.close();
});

test('switches that are asked for while others go on follow one after the other, and lose nothing', async () => {
  const { executor, events } = await start({ workers: [['detect'], ['classify']], batch: 2 });
  const plans = [1, 2, 3].map((replicas) =>
    handPlan(models, {
      backend: 'cpu',
      batch: 2,
      workers: [['detect'], ...Array.from({ length: replicas }, () => ['classify'])],
    }),
  );
  let switched: Promise<unknown> = Promise.resolve();
  const answers = await send(executor, 150, (sent) => {
    if (sent % 25 === 0) switched = executor.switchTo(plans[(sent / 25) % 3]!);
    return undefined;
  });
  await switched;
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 150 });
  expect(events.filter((event) => event.startsWith('switched'))).toHaveLength(6);
});

test('a switch that waits for another one when the executor closes starts nothing', async () => {
  const environment = compiledEnvironment();
  const spawn = vi.spyOn(environment, 'spawn');
  const { executor } = await start({ workers: [['detect', 'classify']] }, { environment });
  const [two, three] = [2, 3].map((replicas) =>
    handPlan(models, {
      backend: 'cpu',
      workers: Array.from({ length: replicas }, () => ['detect', 'classify']),
    }),
  );
  const switches = [executor.switchTo(two!), executor.switchTo(three!)];
  await until(() => expect(spawn).toHaveBeenCalledTimes(2));
  executor.close();
  await Promise.all(switches);
  expect(spawn).toHaveBeenCalledTimes(2);
});

test('workers that are being loaded when the executor closes end at once', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held = false;
  const slow: LoadedManifest = {
    ...models,
    async readModels(variant) {
      if (held) await released;
      return models.readModels(variant);
    },
  };
  const environment = compiledEnvironment();
  const spawn = vi.spyOn(environment, 'spawn');
  const one = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] });
  const executor = await Executor.start(models.pipeline, one, workerStarter(slow, environment));
  held = true;
  const switched = executor.switchTo(
    handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']], variants: ['det8', 'cnn8'] }),
  );
  await until(() => expect(spawn).toHaveBeenCalledTimes(2));
  const loading = await spawn.mock.results[1]!.value;
  executor.close();
  expect(await loading.lost).toMatch(/killed by SIGKILL/);
  release();
  await switched;
});

test('an item that cannot be run fails alone, not with its batch', async () => {
  const { executor } = await start({ workers: [['detect'], ['classify']], batch: 4, maxWaitMs: 50 });
  const good = [0, 1, 2].map((i) => submit(executor, i));
  const poisoned = executor.submit(new Uint8Array(7), performance.now());
  expect(outcomes(await Promise.all(good))).toEqual({ completed: 3 });
  expect((await poisoned).outcome).toBe('failed');
  executor.close();
});

test('what is open when the executor closes is shed, so that every request ends', async () => {
  const { executor } = await start({ workers: [['detect', 'classify']], batch: 1 });
  const answers = Array.from({ length: 300 }, (_, i) => submit(executor, i));
  executor.close();
  const counts = outcomes(await Promise.all(answers));
  expect((counts.completed ?? 0) + (counts.shed ?? 0)).toBe(300);
  expect(counts.shed).toBeGreaterThan(0);
});

describe('on a clock that the test turns, with workers that take 20 ms a batch', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const BATCH_MS = 20;

  /** Each item has one child. */
  const startWorker: StartWorker = async (_id, { threads }) => ({
    info: { name: 'stand-in', version: '0', threads } as unknown as ExecutorWorker['info'],
    lost: new Promise(() => {}),
    async run(_stage, items): Promise<StageRun> {
      await sleep(BATCH_MS);
      return {
        results: Array(items.lengths.length).fill(null),
        children: items,
        childCounts: Array(items.lengths.length).fill(1),
      };
    },
    terminate() {},
  });

  test('under overload late requests are shed, and the others make the SLA', async () => {
    const slaMs = 250;
    const { executor } = await start(
      { workers: [['detect', 'classify']], batch: 4, slaMs, shedding: 'late', batchMs: BATCH_MS },
      { startWorker },
    );
    // Two batches of four in 40 ms are 100 requests/s; four times as many come.
    const answers: Promise<RequestAnswer>[] = [];
    for (let i = 0; i < 800; i++) {
      answers.push(submit(executor, i));
      await vi.advanceTimersByTimeAsync(2.5);
    }
    await vi.advanceTimersByTimeAsync(slaMs);
    const all = await Promise.all(answers);
    executor.close();
    const completed = all.filter(({ outcome }) => outcome === 'completed');
    expect(outcomes(all)).toEqual({ completed: completed.length, shed: 800 - completed.length });
    expect(completed.length).toBeGreaterThan(150);
    for (const { latencyMs } of completed) expect(latencyMs).toBeLessThanOrEqual(slaMs);
  });

  test('a batch that hangs ends its worker, and another one runs it', async () => {
    let started = 0;
    let endedMs = 0;
    const { executor, events } = await start(
      { workers: [['detect', 'classify']], batchMs: BATCH_MS, slaMs: 200 },
      {
        limits: { hungTimes: 20, hungMs: 1000 },
        startWorker: async (id, ...rest) => {
          const worker = await startWorker(id, ...rest);
          if (started++ > 0) return worker;
          const ended = new AbortController();
          const lost = new Promise<string>((resolve) =>
            ended.signal.addEventListener('abort', () => {
              endedMs = performance.now();
              resolve('it was ended');
            }),
          );
          return { ...worker, lost, terminate: () => ended.abort(), run: () => new Promise(() => {}) };
        },
      },
    );
    const startMs = performance.now();
    const answer = submit(executor, 0);
    await vi.advanceTimersByTimeAsync(5 + 1000 + 2 * (5 + BATCH_MS));
    expect((await answer).outcome).toBe('completed');
    // It waited 5 ms for others to join its batch.
    expect(endedMs - startMs).toBe(1005);
    expect(times(events, 'was lost')).toBe(1);
    executor.close();
  });
});
