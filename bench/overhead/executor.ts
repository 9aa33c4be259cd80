import { median } from '../../solver/math/statistics.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { workerStarter } from '../../workers/executor/start-worker.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';
import { BareWorkers } from './bare/bare-workers.ts';
import type { Bench, OverheadRequest } from './types.ts';

/** Requests per second of a saturated executor, and of bare sessions that run as many items in full batches. */
export interface ExecutorOverhead {
  readonly variants: readonly string[];
  readonly batches: readonly number[];
  readonly requests: number;
  /** Number of items of each stage in a round. */
  readonly items: readonly number[];
  /** Number of batches of each stage in which the executor ran these items. */
  readonly executorBatches: readonly number[];
  /** Median time of a full batch of each stage in a bare session. */
  readonly bareBatchMs: readonly number[];
  /** Median round trip of a full batch of each stage from the executor to the worker and back. */
  readonly executorBatchMs: readonly number[];
  /** Requests per second of the bare sessions, by round. */
  readonly barePerS: readonly number[];
  /** Requests per second of the executor, by round. */
  readonly executorPerS: readonly number[];
}

const TRIAL_BATCHES = 4;

export async function executorOverhead(
  bench: Bench,
  { plan, rounds, roundMs }: OverheadRequest,
): Promise<ExecutorOverhead> {
  const { models, environment, items } = bench;
  const inputs = items[0]!;
  let batches: BatchRecord[] = [];
  const executor = await Executor.start(models.pipeline, plan, workerStarter(models, environment), {
    onBatch: (batch) => batches.push(batch),
  });
  /** Sends all requests at once. Returns the time until the last one is answered, in ms. */
  const saturate = async (requests: number): Promise<number> => {
    batches = [];
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: requests }, (_, i) => executor.submit(inputs[i % inputs.length]!, start)),
    );
    const ms = performance.now() - start;
    const lost = answers.filter(({ outcome }) => outcome !== 'completed').length;
    if (lost) throw new Error(`${lost} of ${requests} requests did not complete`);
    return ms;
  };
  let bare: BareWorkers | undefined;
  try {
    const trial = TRIAL_BATCHES * plan.stages[0]!.batch;
    await saturate(trial);
    const requests = Math.max(trial, Math.round((trial * roundMs) / (await saturate(trial))));
    await saturate(requests);
    const ofStage = (name: string) => batches.filter((batch) => batch.stage === name);
    const itemCounts = plan.stages.map(({ name }) => ofStage(name).reduce((sum, b) => sum + b.items, 0));
    const executorBatches = plan.stages.map(({ name }) => ofStage(name).length);

    const workers = await BareWorkers.start(bench, plan);
    bare = workers;
    await workers.round(itemCounts);
    const barePerS: number[] = [];
    const executorPerS: number[] = [];
    const bareTimes = new Map(plan.stages.map(({ name }) => [name, [] as number[]]));
    const takeTurns = [
      async () => {
        const { ms, times } = await workers.round(itemCounts);
        barePerS.push((1000 * requests) / ms);
        for (const [stage, stageTimes] of times) bareTimes.get(stage)!.push(...stageTimes);
      },
      async () => executorPerS.push((1000 * requests) / (await saturate(requests))),
    ];
    for (let round = 0; round < rounds; round++) {
      for (const turn of takeTurns) await turn();
      takeTurns.reverse();
    }
    return {
      variants: plan.stages.map((stage) => stage.variant),
      batches: plan.stages.map((stage) => stage.batch),
      requests,
      items: itemCounts,
      executorBatches,
      bareBatchMs: plan.stages.map(({ name }) => median(bareTimes.get(name)!)),
      executorBatchMs: plan.stages.map(({ name }) => median(ofStage(name).map((batch) => batch.serviceMs))),
      barePerS,
      executorPerS,
    };
  } finally {
    executor.close();
    bare?.close();
  }
}

/** Throughput of the executor as a share of that of bare sessions, by round. */
export const throughputShares = ({ barePerS, executorPerS }: ExecutorOverhead): number[] =>
  executorPerS.map((perS, round) => perS / barePerS[round]!);
