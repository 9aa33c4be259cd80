import type { Plan } from '../../solver/documents/plan.ts';
import { median } from '../../solver/statistics.ts';
import { recruiter } from '../executor/crew.ts';
import { Executor } from '../executor/executor.ts';
import type { BatchRecord } from '../executor/types.ts';
import { gather } from '../profiler/measure.ts';
import type { Bench, OverheadRequest, OverheadWorker } from './measure.ts';

/** Requests per second of a saturated executor and of bare runs over as many items in full batches. */
export interface ExecutorOverhead {
  readonly variants: readonly string[];
  readonly batches: readonly number[];
  readonly requests: number;
  /** Items of each stage in a round, and the batches that the executor made of them. */
  readonly items: readonly number[];
  readonly executorBatches: readonly number[];
  /** Median time of a full batch of each stage: bare, and the executor's whole round trip. */
  readonly bareBatchMs: readonly number[];
  readonly executorBatchMs: readonly number[];
  /** By round. */
  readonly barePerS: readonly number[];
  readonly executorPerS: readonly number[];
}

/** One stage's bare session, with a full batch and what is left over of a round, prepared. */
interface BareStage {
  readonly key: string;
  /** Prepared batches of a round, in order. */
  readonly round: readonly number[];
}

const LEAST_BATCHES = 4;

export async function executorOverhead(
  bench: Bench,
  { plan, rounds, roundMs }: OverheadRequest,
): Promise<ExecutorOverhead> {
  const { models, environment, items } = bench;
  const scenes = items[0]!;
  let batches: BatchRecord[] = [];
  const executor = await Executor.start(plan, recruiter(models, await models.readPack(), environment), {
    onBatch: (batch) => batches.push(batch),
  });
  /** Sends all at once; how long until the last has come back. */
  const saturate = async (requests: number): Promise<number> => {
    batches = [];
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: requests }, (_, i) => executor.submit(scenes[i % scenes.length]!, start)),
    );
    const ms = performance.now() - start;
    const lost = answers.filter(({ outcome }) => outcome !== 'completed').length;
    if (lost) throw new Error(`${lost} of ${requests} requests did not complete.`);
    return ms;
  };
  const crew: OverheadWorker[] = [];
  try {
    const trial = LEAST_BATCHES * plan.stages[0]!.batch;
    await saturate(trial);
    const requests = Math.max(trial, Math.round((trial * roundMs) / (await saturate(trial))));
    await saturate(requests);
    const ofStage = (name: string) => batches.filter((batch) => batch.stage === name);
    const itemCounts = plan.stages.map(({ name }) => ofStage(name).reduce((sum, b) => sum + b.items, 0));
    const executorBatches = plan.stages.map(({ name }) => ofStage(name).length);

    const runBare = await bareCrew(bench, plan, itemCounts, crew);
    await runBare();
    const barePerS: number[] = [];
    const executorPerS: number[] = [];
    const bareTimes = new Map(plan.stages.map(({ name }) => [name, [] as number[]]));
    const takeTurns = [
      async () => {
        const { ms, times } = await runBare();
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
    for (const { worker } of crew) worker.terminate();
  }
}

/**
 * Workers placed as the plan's, with bare sessions: those of one worker run one after the other, workers side by side.
 * @param crew is given the workers, for whoever ends them
 * @returns runs one round: how long it took, and each batch of each stage
 */
async function bareCrew(
  { models, spawn, items }: Bench,
  plan: Plan,
  itemCounts: readonly number[],
  crew: OverheadWorker[],
): Promise<() => Promise<{ ms: number; times: [stage: string, ms: number[]][] }>> {
  const loops: { bare: OverheadWorker['bare']; stages: BareStage[] }[] = [];
  for (const { id, threads, stages: names } of plan.workers) {
    const member = await spawn(`bare-${id}`, threads);
    crew.push(member);
    const { bare } = member;
    const stages: BareStage[] = [];
    for (const name of names) {
      const s = models.manifest.stages.findIndex((stage) => stage.name === name);
      const stage = models.manifest.stages[s]!;
      const { variant: chosen, batch, backend, replicas } = plan.stages[s]!;
      const variant = stage.variants.find((v) => v.name === chosen)!;
      await bare.bareLoad(name, await models.readVerified(variant.file, variant.sha256), backend, threads);
      const prepare = (count: number) => bare.barePrepare(name, stage, gather(items[s]!, 0, count));
      const share = Math.round(itemCounts[s]! / replicas);
      const round = Array<number>(Math.floor(share / batch)).fill(await prepare(batch));
      if (share % batch) round.push(await prepare(share % batch));
      stages.push({ key: name, round });
    }
    loops.push({ bare, stages });
  }
  return async () => {
    const start = performance.now();
    const times: [string, number[]][] = [];
    await Promise.all(
      loops.map(async ({ bare, stages }) => {
        for (const { key, round } of stages) times.push([key, await bare.bareRun(key, round)]);
      }),
    );
    return { ms: performance.now() - start, times };
  };
}

/** The executor's share of what bare runs give: the median over the rounds. */
export const throughputShare = ({ barePerS, executorPerS }: ExecutorOverhead): number =>
  median(executorPerS.map((perS, round) => perS / barePerS[round]!));
