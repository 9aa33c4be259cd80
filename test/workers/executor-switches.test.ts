import { expect, test, vi } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import type { ExecutorWorker, StartWorker } from '../../workers/executor/start-worker.ts';
import { until } from '../until.ts';
import { models, outcomes, send, stageWorkers, start } from './executors.ts';
import { handPlan } from './hand-plan.ts';

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
  const environment = nodeEnvironment();
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

/** Workers that run nothing, and that start when the test says so. */
function heldWorkers() {
  const live = new Map<string, (reason: string) => void>();
  const starts: (() => void)[] = [];
  const startWorker: StartWorker = async (id) => {
    await new Promise<void>((resolve) => starts.push(resolve));
    let lose!: (reason: string) => void;
    const lost = new Promise<string>((resolve) => {
      lose = resolve;
    });
    live.set(id, lose);
    return {
      info: {} as ExecutorWorker['info'],
      lost,
      run: () => new Promise(() => {}),
      terminate: () => void live.delete(id),
    };
  };
  const startAll = async (count: number) => {
    await until(() => expect(starts).toHaveLength(count));
    for (const go of starts.splice(0)) go();
  };
  return { live, starts, startWorker, startAll };
}

test('a lost worker that is replaced during a switch leaves the plan no more workers than it wants', async () => {
  const { live, starts, startWorker, startAll } = heldWorkers();
  const workers = [['detect'], ['classify']];
  const starting = start({ workers }, { startWorker });
  await startAll(2);
  const { executor, events } = await starting;
  live.get('worker-0~0')!('killed');
  await until(() => expect(starts).toHaveLength(1));
  const switched = executor.switchTo(
    handPlan(models, { backend: 'cpu', workers, variants: ['det4', 'cnn8'] }),
  );
  // The three are the replacement of the lost worker and both workers of the new plan.
  await startAll(3);
  await switched;
  await until(() => expect(events.filter((event) => event.includes('replaces'))).toHaveLength(1));
  expect(executor.replicas).toEqual([1, 1]);
  expect(live.size).toBe(2);
  executor.close();
});

test('a lost worker is started once, although the batch sizes change while its replacement starts', async () => {
  const { live, starts, startWorker, startAll } = heldWorkers();
  const workers = [['detect'], ['classify']];
  const starting = start({ workers, batch: 4 }, { startWorker });
  await startAll(2);
  const { executor, events } = await starting;
  live.get('worker-0~0')!('killed');
  await until(() => expect(starts).toHaveLength(1));
  for (const batch of [1, 2, 4, 1, 2]) executor.rebatch(handPlan(models, { backend: 'cpu', workers, batch }));
  await startAll(1);
  await until(() => expect(events.filter((event) => event.includes('replaces'))).toHaveLength(1));
  expect(starts).toEqual([]);
  expect(executor.replicas).toEqual([1, 1]);
  expect(live.size).toBe(2);
  executor.close();
});
