import { expect, test, vi } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { until } from '../until.ts';
import { models, outcomes, scenes, send, stageWorkers, start, submit, times } from './executors.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';
import { startAtOnce } from './start-at-once.ts';

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

test('a batch tells how long its first item waited for the batches before', async () => {
  const { executor, batches } = await start({ batch: 1, workers: [['detect'], ['classify']] });
  const arrivedMs = performance.now();
  await Promise.all(scenes.slice(0, 10).map((scene) => executor.submit(scene, arrivedMs)));
  executor.close();
  const detected = batches.filter(({ stage }) => stage === 'detect');
  expect(detected).toHaveLength(10);
  let busyMs = 0;
  for (const { waitedMs, startMs, serviceMs } of detected) {
    expect(waitedMs).toBe(startMs - arrivedMs);
    expect(waitedMs).toBeGreaterThanOrEqual(busyMs - 1e-6);
    busyMs += serviceMs;
  }
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
  const environment = nodeEnvironment();
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
  const environment = nodeEnvironment();
  const spawn = vi.spyOn(environment, 'spawn');
  const one = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] });
  const executor = await Executor.start(models.pipeline, one, startAtOnce(slow, environment));
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

test('a request for a stage that the plan does not have is refused, and nothing stays open', async () => {
  const { executor } = await start({ workers: [['detect', 'classify']] });
  await expect(executor.submit(scenes[0]!, performance.now(), 'sort')).rejects.toMatchObject({
    name: 'UnknownStageError',
    message: 'The plan has no stage sort: it has detect, classify.',
  });
  expect(executor.open).toBe(0);
  expect(() => executor.canMake(performance.now(), 1, 'sort')).toThrow('The plan has no stage sort');
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

test('a closed executor refuses requests, and still tells of the runtime that its workers had', async () => {
  const { executor } = await start({ workers: [['detect', 'classify']] });
  const { runtime } = executor;
  executor.close();
  await expect(submit(executor, 0)).rejects.toMatchObject({
    name: 'ExecutorClosedError',
    message: 'This executor is closed: start another one.',
  });
  expect(executor.runtime).toEqual(runtime);
});
