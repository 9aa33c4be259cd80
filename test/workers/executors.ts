import { execFileSync } from 'node:child_process';
import { type Item, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Executor } from '../../workers/executor/executor.ts';
import type { StartWorker } from '../../workers/executor/start-worker.ts';
import type { SupervisorLimits } from '../../workers/executor/supervisor.ts';
import type { BatchRecord, RequestAnswer } from '../../workers/executor/types.ts';
import { loadFashion } from './fashion.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';
import { startAtOnce } from './start-at-once.ts';

/** Executors of the shipped pipeline `fashion`, with real workers in processes of Node unless a test gives others. */

export const models: LoadedManifest = await loadFashion();
export const scenes: Item[] = itemsOf((await models.readPack()).items);

interface Setting {
  readonly environment?: Environment;
  /** Starts the workers; if absent, real ones of the environment start. */
  readonly startWorker?: StartWorker;
  readonly limits?: Partial<SupervisorLimits>;
}

export async function start(hand: Omit<HandPlan, 'backend'>, setting: Setting = {}) {
  const { environment = nodeEnvironment(), limits } = setting;
  const batches: BatchRecord[] = [];
  const events: string[] = [];
  const settled: string[] = [];
  const executor = await Executor.start(
    models.pipeline,
    handPlan(models, { backend: 'cpu', ...hand }),
    setting.startWorker ?? startAtOnce(models, environment),
    {
      onBatch: (batch) => batches.push(batch),
      onSettled: (stage) => settled.push(stage),
      onEvent: (what) => events.push(what),
    },
    limits,
  );
  return { executor, batches, events, settled };
}

export const submit = (executor: Executor, i: number): Promise<RequestAnswer> =>
  executor.submit(scenes[i % scenes.length]!, performance.now());

/** Sends `count` scenes, at most 8 at a time. @param meanwhile runs after a scene is sent, before the next one is sent */
export async function send(
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

export function outcomes(answers: readonly RequestAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

export const stageWorkers = (): number[] =>
  execFileSync('pgrep', ['-P', String(process.pid), '-f', 'stage/worker.node'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);

export const times = (events: readonly string[], what: string): number =>
  events.filter((event) => event.includes(what)).length;
