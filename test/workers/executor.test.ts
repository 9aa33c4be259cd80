import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test, vi } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Pack } from '../../models/packs/pack.ts';
import { pixelsOf } from '../../models/tasks/items.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { recruiter } from '../../workers/executor/crew.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { resultsByStage } from '../../workers/executor/judge.ts';
import type { Answer, BatchRecord } from '../../workers/executor/types.ts';
import { loadFashion } from './fashion.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';

let models: LoadedManifest;
let pack: Pack;

beforeAll(async () => {
  models = await loadFashion();
  pack = await models.readPack();
});

async function start(hand: Omit<HandPlan, 'backend'>, environment = nodeEnvironment()) {
  const batches: BatchRecord[] = [];
  const events: string[] = [];
  const executor = await Executor.start(
    handPlan(models, { backend: 'cpu', ...hand }),
    await recruiter(models, pack, environment),
    { onBatch: (batch) => batches.push(batch), onEvent: (what) => events.push(what) },
  );
  return { executor, batches, events };
}

/** Sends `count` scenes, `everyMs` apart. */
async function send(
  executor: Executor,
  count: number,
  everyMs: number,
  meanwhile?: (sent: number) => void,
): Promise<Answer[]> {
  const answers: Promise<Answer>[] = [];
  for (let i = 0; i < count; i++) {
    answers.push(executor.submit(pixelsOf(pack.images, i % pack.images.count), performance.now()));
    meanwhile?.(i);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return Promise.all(answers);
}

function outcomes(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const stageWorkers = (): number[] =>
  execFileSync('pgrep', ['-P', String(process.pid), '-f', 'worker.node'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);

test('requests come back complete: a detection each, and a class for each garment found', async () => {
  const { executor, batches } = await start({ workers: [['detect'], ['classify']] });
  const answers = await send(executor, 60, 1);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 60 });
  for (const { answer } of answers) {
    const [detected, classified] = resultsByStage(answer);
    const found = detected![0]!.task === 'object-detection' ? detected![0]!.detections.length : -1;
    expect(classified?.length ?? 0).toBe(found);
  }
  expect(Math.max(...batches.map((batch) => batch.items))).toBe(4);
});

test('the same answers come out whatever the batching and the workers', async () => {
  const labels = async (hand: Omit<HandPlan, 'backend'>) => {
    const { executor } = await start(hand);
    const answers = await send(executor, 30, 0);
    executor.close();
    return answers.map(({ answer }) =>
      resultsByStage(answer)[1]?.map((r) => r.task === 'image-classification' && r.label),
    );
  };
  const one = await labels({ batch: 1, workers: [['detect', 'classify']] });
  const many = await labels({ batch: 8, workers: [['detect'], ['classify'], ['classify']] });
  expect(many).toEqual(one);
});

test('a worker killed in the middle of a run loses no request', async () => {
  const { executor, events } = await start({ workers: [['detect'], ['classify']], batch: 2 });
  const answers = await send(executor, 150, 2, (sent) => {
    if (sent === 40) process.kill(stageWorkers()[0]!, 'SIGKILL');
    if (sent === 90) process.kill(stageWorkers()[0]!, 'SIGKILL');
  });
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 150 });
  expect(events.filter((event) => event.includes('was lost'))).toHaveLength(2);
  expect(events.filter((event) => event.includes('replaces'))).toHaveLength(2);
});

test('a lost worker is tried to be replaced until it is, which is told once, and no request is lost', async () => {
  const environment = nodeEnvironment();
  const { executor, events } = await start({ workers: [['detect', 'classify']] }, environment);
  const spawn = vi.spyOn(environment, 'spawn');
  for (let i = 0; i < 4; i++) spawn.mockRejectedValueOnce(new Error('out of memory'));
  process.kill(stageWorkers()[0]!, 'SIGKILL');
  const answers = await send(executor, 20, 1);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 20 });
  expect(spawn).toHaveBeenCalledTimes(5);
  expect(events.filter((event) => event.includes('could not be started: out of memory'))).toHaveLength(1);
});

test('a switch of variants in the middle of a run fails no request and takes effect', async () => {
  const { executor, batches } = await start({ workers: [['detect'], ['classify']] });
  const next = handPlan(models, {
    backend: 'cpu',
    variants: ['det8', 'cnn8'],
    workers: [['detect', 'classify']],
  });
  let switched: Promise<void> | undefined;
  const answers = await send(executor, 200, 5, (sent) => {
    if (sent === 20) switched = executor.switchTo(next);
  });
  await switched;
  const after = await send(executor, 20, 1);
  executor.close();
  expect(outcomes([...answers, ...after])).toEqual({ completed: 220 });
  expect(new Set(batches.map((batch) => batch.variant))).toEqual(new Set(['det4', 'mlp64', 'det8', 'cnn8']));
  expect(batches.at(-1)!.variant).toBe('cnn8');
});

test('a switch keeps the workers that already run what the new plan asks for', async () => {
  const { executor } = await start({ workers: [['detect'], ['classify']], batch: 2 });
  const [detect, classify] = stageWorkers();
  await executor.switchTo(
    handPlan(models, { backend: 'cpu', workers: [['detect'], ['classify'], ['classify']], batch: 4 }),
  );
  expect(stageWorkers()).toEqual([detect, classify, expect.any(Number)]);
  expect(outcomes(await send(executor, 30, 1))).toEqual({ completed: 30 });
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
  const answers = await send(executor, 150, 5, (sent) => {
    if (sent % 25 === 0) switched = executor.switchTo(plans[(sent / 25) % 3]!);
  });
  await switched;
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 150 });
  expect(events.filter((event) => event.startsWith('switched'))).toHaveLength(6);
});

test('a switch that waits for another one when the executor closes starts nothing', async () => {
  const environment = nodeEnvironment();
  const spawn = vi.spyOn(environment, 'spawn');
  const { executor } = await start({ workers: [['detect', 'classify']] }, environment);
  const [two, three] = [2, 3].map((replicas) =>
    handPlan(models, {
      backend: 'cpu',
      workers: Array.from({ length: replicas }, () => ['detect', 'classify']),
    }),
  );
  const switches = [executor.switchTo(two!), executor.switchTo(three!)];
  await vi.waitFor(() => expect(spawn).toHaveBeenCalledTimes(2));
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
    async readVerified(file, sha256) {
      if (held) await released;
      return models.readVerified(file, sha256);
    },
  };
  const environment = nodeEnvironment();
  const spawn = vi.spyOn(environment, 'spawn');
  const one = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] });
  const executor = await Executor.start(one, await recruiter(slow, pack, environment));
  held = true;
  const switched = executor.switchTo(
    handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']], variants: ['det8', 'cnn8'] }),
  );
  await vi.waitFor(() => expect(spawn).toHaveBeenCalledTimes(2));
  const loading = await spawn.mock.results[1]!.value;
  executor.close();
  expect(await loading.lost).toMatch(/killed by SIGKILL/);
  release();
  await switched;
});

test('an item that cannot be run fails alone, not with its batch', async () => {
  const { executor } = await start({ workers: [['detect'], ['classify']], batch: 4, maxWaitMs: 50 });
  const good = [0, 1, 2].map((i) => executor.submit(pixelsOf(pack.images, i), performance.now()));
  const poisoned = executor.submit(new Uint8Array(7), performance.now());
  expect(outcomes(await Promise.all(good))).toEqual({ completed: 3 });
  expect((await poisoned).outcome).toBe('failed');
  executor.close();
});

test('what is open when the executor closes is shed, so that every request ends', async () => {
  const { executor } = await start({ workers: [['detect', 'classify']], batch: 1 });
  const answers = Array.from({ length: 300 }, (_, i) =>
    executor.submit(pixelsOf(pack.images, i % 50), performance.now()),
  );
  executor.close();
  const counts = outcomes(await Promise.all(answers));
  expect((counts.completed ?? 0) + (counts.shed ?? 0)).toBe(300);
  expect(counts.shed).toBeGreaterThan(0);
});

test('under overload late requests are shed and the others still make the SLA', async () => {
  const { executor } = await start({
    workers: [['detect', 'classify']],
    variants: ['det16', 'res32'],
    batch: 4,
    slaMs: 250,
    shedding: 'late',
  });
  const answers = await send(executor, 400, 1);
  executor.close();
  const counts = outcomes(answers);
  expect(counts.shed).toBeGreaterThan(0);
  expect(counts.completed).toBeGreaterThan(20);
  expect(counts.failed ?? 0).toBe(0);
});
