import { expect, onTestFinished, test, vi } from 'vitest';
import { StageService } from '../../../agent/cluster/stage/stage-service.ts';
import { takeInTurn } from '../../../models/items/item-batch.ts';
import { blankItem } from '../../../models/items/item-format.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { ExecutorWorker } from '../../../workers/executor/start-worker.ts';
import { until } from '../../until.ts';
import { clusterPlan, fashion } from '../kubernetes/objects/plans.ts';

const { first } = fashion.pipeline;
const plan = clusterPlan();
const items = takeInTurn([blankItem(first.task.itemFormat(first.stage))], 0, 1);

/** A worker whose batch ends when a function that it gives to `onRun` is called. */
const workerWith = (onRun: (end: () => void) => void, terminate = () => {}): ExecutorWorker => ({
  info: { ortVersion: 'none', ortBuild: 'node', crossOriginIsolated: true, timerGrainMs: 0 },
  lost: new Promise(() => {}),
  run: () =>
    new Promise((resolve) => {
      onRun(() => resolve({ results: [], children: takeInTurn([], 0, 0), childCounts: [0] }));
    }),
  terminate,
});

test('a replica has two variants loaded at most, however fast plans change, and unloads none that runs a batch', async () => {
  let loaded = 0;
  let most = 0;
  let answer = () => {};
  const startWorker = async () => {
    most = Math.max(most, ++loaded);
    let ended = false;
    const run = (end: () => void) => {
      answer = end;
    };
    return workerWith(run, () => {
      if (!ended) loaded--;
      ended = true;
    });
  };
  const service = await StageService.start({
    ...{ pipeline: fashion.pipeline, plan, stage: 'detect', startWorker },
    onEvent() {},
    onBatch() {},
  });
  onTestFinished(() => service.close());
  const changeTo = async (v: number) => {
    const variant = first.stage.variants[v]!;
    await service.change({ ...plan.stages[0]!, variant: variant.name, sha256: sha256Of(variant) });
  };
  for (const v of [1, 2, 0, 1]) await changeTo(v);
  expect([loaded, most]).toEqual([2, 2]);

  const running = service.run(items);
  const { variant } = service.chosen;
  for (const v of [2, 0]) await changeTo(v);
  expect(service.variants).toContain(variant);
  answer();
  await running;
});

test('the worker of a variant also runs its standby, and is replaced only for another variant or standby', async () => {
  const [, planned] = clusterPlan().stages;
  const rowWith = (standby?: string): PlanStage => {
    if (standby === undefined) return planned!;
    const variant = fashion.pipeline.stages[1]!.stage.variants.find(({ name }) => name === standby)!;
    const { serviceMs } = planned!;
    return {
      ...planned!,
      standby: { variant: standby, sha256: sha256Of(variant), accuracy: 0.5, serviceMs },
    };
  };
  const ran: string[] = [];
  const ids: string[] = [];
  const lose: ((reason: string) => void)[] = [];
  const service = await StageService.start({
    ...{ pipeline: fashion.pipeline, stage: 'classify', onEvent() {}, onBatch() {} },
    plan: { ...plan, stages: [plan.stages[0]!, rowWith('linear')] },
    startWorker: async (id) => {
      ids.push(id);
      return {
        ...workerWith((end) => end()),
        lost: new Promise((resolve) => lose.push(resolve)),
        run: async (key) => {
          ran.push(`${ids.indexOf(id)} ${key}`);
          return { results: [], children: takeInTurn([], 0, 0), childCounts: [] };
        },
      };
    },
  });
  onTestFinished(() => service.close());
  const runBoth = async (standby: string) => {
    await service.run(items);
    await service.run(items, standby);
    return ran.splice(0);
  };
  expect(service.variants).toEqual(['mlp64', 'linear']);
  expect(await runBoth('linear')).toEqual(['0 classify', '0 classify/standby']);
  await service.change(rowWith());
  expect(await runBoth('linear')).toEqual(['0 classify', '0 classify/standby']);
  await service.change(rowWith('cnn8'));
  expect(await runBoth('cnn8')).toEqual(['1 classify', '1 classify/standby']);
  await expect(service.run(items, 'res16')).rejects.toThrow(/res16/);

  lose[1]!('killed');
  await until(() => expect(ids).toHaveLength(3));
  await until(() => expect(service.ready).toBe(true));
  expect(await runBoth('cnn8')).toEqual(['2 classify', '2 classify/standby']);
});

test('a batch that waits for the one before it tells how long', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const ends: (() => void)[] = [];
  const waits: number[] = [];
  const service = await StageService.start({
    ...{ pipeline: fashion.pipeline, plan, stage: 'detect', onEvent() {} },
    startWorker: async () => workerWith((end) => ends.push(end)),
    onBatch: ({ waitMs }) => waits.push(waitMs),
  });
  onTestFinished(() => service.close());
  const runs = [service.run(items), service.run(items)];
  for (const [i, end] of ends.entries()) {
    vi.advanceTimersByTime(30);
    end();
    await runs[i];
  }
  expect(waits).toEqual([0, 30]);
});
