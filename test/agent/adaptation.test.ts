import { afterEach, expect, test, vi } from 'vitest';
import { Service } from '../../agent/service/service.ts';
import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import { countsIn } from '../../solver/adapt/serving-counts.ts';
import type { LoadState } from '../../solver/adapt/system.ts';
import { sleep } from '../../workers/executor/clock.ts';
import type { ExecutorWorker, StartWorker } from '../../workers/executor/start-worker.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';
import { items, models, planOf } from './serving.ts';

afterEach(() => {
  vi.useRealTimers();
});

const BATCH_MS = 20;

/** Starts a worker whose batches each take {@link BATCH_MS}, and whose items each have one child. */
const startWorker: StartWorker = async () => {
  let last = Promise.resolve();
  return {
    info: {} as ExecutorWorker['info'],
    lost: new Promise(() => {}),
    async run(_stage, batch): Promise<StageRun> {
      last = last.then(() => sleep(BATCH_MS));
      await last;
      const { length } = batch.lengths;
      return {
        results: Array(length).fill({ detections: [] }),
        children: batch,
        childCounts: Array(length).fill(1),
      };
    },
    terminate() {},
  };
};

/**
 * Sends a service four times the requests that its workers can answer, on a fake clock. The service makes a planning decision
 * each second.
 * @param readMs milliseconds from a request's arrival until it is read
 */
async function overloaded(readMs = 0) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const loads: LoadState[] = [];
  const service = await Service.start({
    pipeline: models.pipeline,
    plan: planOf({
      workers: [['detect', 'classify']],
      batch: 1,
      maxWaitMs: 0,
      slaMs: 250,
      batchMs: BATCH_MS,
      shedding: 'late',
    }),
    startWorker,
    onEvent: () => {},
    adaptationFor: () => ({
      intervalS: 1,
      predictor: lastWindow,
      system: {
        name: 'stub',
        overtaken: () => false,
        async plan(load, current) {
          loads.push(load);
          return current!;
        },
      },
    }),
  });
  let answered = 0;
  const refusals: string[] = [];
  const ended: Promise<void>[] = [];
  for (let i = 0; i < 400; i++) {
    await vi.advanceTimersByTimeAsync(10);
    const answer = service.infer(service.model('fashion'), [items[0]![0]!], performance.now() - readMs);
    ended.push(
      answer.then(
        () => void answered++,
        (error: Error) => void refusals.push(error.message),
      ),
    );
  }
  await vi.advanceTimersByTimeAsync(2000);
  await Promise.all(ended);
  return { service, loads, answered, refusals };
}

test('requests that are refused have missed the SLA for the system that plans', async () => {
  const { service, loads, answered } = await overloaded();
  service.close();
  expect(answered).toBeLessThan(200);
  expect(loads.at(-1)!.served).toEqual({ open: 0, ended: 400, missed: 400 - answered });
});

test('a plan that replaces another one begins with no requests that were missed', async () => {
  const { service, loads } = await overloaded();
  const before = loads.length;
  await service.replace({ ...service.plan, createdAt: new Date(1).toISOString() });
  await vi.advanceTimersByTimeAsync(2500);
  service.close();
  expect(loads[before]!.served).toEqual({ open: 0, ended: 0, missed: 0 });
});

test('a request that arrived too slowly for any plan is no miss for which plans make up', async () => {
  const { service, loads } = await overloaded();
  const { served } = loads.at(-1)!;
  const slow = service.infer(service.model('fashion'), [items[0]![0]!], performance.now() - 240);
  await expect(slow).rejects.toThrow('If the network is slow, send a smaller body');
  await vi.advanceTimersByTimeAsync(2500);
  service.close();
  expect(loads.at(-1)!.served).toEqual(served);
});

test('in an overload no refusal blames the connection, though each request took a moment to be read', async () => {
  const { service, refusals } = await overloaded(20);
  service.close();
  expect(refusals.length).toBeGreaterThan(200);
  expect(refusals.filter((refusal) => !/^(Too many requests wait|Item 0 could not)/.test(refusal))).toEqual(
    [],
  );
});

test('a batch that the plan before ends after a switch does not count among the times of the new plan', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const workers = [['detect'], ['classify']];
  const plan = planOf({ workers, batch: 1, maxWaitMs: 0 });
  const { pipeline } = models;
  const service = await Service.start({ pipeline, plan, startWorker, onEvent: () => {} });
  const answer = service.infer(service.model('fashion'), [items[0]![0]!], performance.now());
  await vi.advanceTimersByTimeAsync(BATCH_MS / 2);
  await service.replace(planOf({ workers, batch: 1, maxWaitMs: 0, variants: ['det8', 'mlp64'] }));
  await vi.advanceTimersByTimeAsync(3 * BATCH_MS);
  await answer;
  const { rows } = countsIn(await service.metrics(), 'fashion');
  service.close();
  expect(rows.get('detect')).toMatchObject({ batches: 1, runs: 0, runMs: 0 });
  expect(rows.get('classify')).toMatchObject({ batches: 1, runs: 1, runMs: expect.closeTo(BATCH_MS) });
});
