/**
 * Measures `ipa-agent serve` with the pipeline fashion on the cpu backend: `npm run bench:agent [-- --sla 100 --json]`. The plan
 * is for p99 and leaves a core to the server and the load generator, which run as separate processes. At saturation these systems
 * take turns in one run:
 *
 * - sessions: bare sessions in the plan's workers run prepared tensors in full batches, each worker in its own loop. No tensor is
 *   encoded or decoded, no item is cropped, and no messages are sent between processes.
 * - loop: a loop in this process sends the same batches to the same workers as stage workers, as the server does.
 * - the server with the plan, with one image or several per request; and the server with the same plan at batch size 1.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { takeInTurn } from '../../models/items/item-batch.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { mean, median } from '../../solver/math/statistics.ts';
import * as option from '../../workers/command/options.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { BareWorkers } from '../overhead/bare/bare-workers.ts';
import { spawnInNode } from '../overhead/bare/node.ts';
import type { Bench } from '../overhead/types.ts';
import { benchFolder } from '../setup/folder.ts';
import { startClient } from './client.ts';
import { addPlanOptions, arrivalsBy, type PlanFlags, planOnCpu } from './fashion-plan.ts';
import type { Sent } from './load.ts';
import { type Measurements, outcomeOf, report } from './report.ts';
import { startServing } from './served.ts';
import { stageLoop } from './stage-loop.ts';

/** Rates of the open loads, as shares of the plan's rate. The target for attainment applies to shares below 1. */
const SHARES = [0.8, 1];
/** Number of images per request of a client that sends several. */
const IMAGES = 8;
const WARM_UP_MS = 5000;
const ROUND_MS = 5000;
/**
 * Length of a round at low load: number of requests of the bare sessions, and time in which the server gets one request at a
 * time.
 */
const LOW = { requests: 100, ms: 1500 };

const flags = addPlanOptions(
  new Command('bench:agent').description('compare ipa-agent serve with the sessions that it runs'),
)
  .option('--duration <duration>', 'length of each open load', option.duration, 60)
  .option('--rounds <n>', 'rounds at low load, and rounds at saturation', option.integer, 5)
  .option('--json', 'print the measurements as JSON')
  .parse()
  .opts<PlanFlags & { readonly duration: number; readonly rounds: number; readonly json?: boolean }>();

const { models, generator, terminate } = await startClient();
const items = (await stageItems(await models.readPack(), models.pipeline)).map((stage) => stage.items);
const bench: Bench = { models, environment: nodeEnvironment(), spawn: spawnInNode, items };

const folder = benchFolder();
const plan = await planOnCpu(flags, folder);
const batchOne: Plan = {
  ...plan,
  stages: plan.stages.map((stage) => ({ ...stage, batch: 1, maxWaitMs: 0 })),
};

/** By Little's law, with this many requests in flight each takes half the SLA at the plan's rate. */
const atOnce = Math.ceil((plan.ratePerS * flags.sla) / 2000);

const bare = await BareWorkers.start(bench, plan);
const loop = await stageLoop(bench, plan, bare);
const planned = await startServing(plan, join(folder, 'plan.json'));
const forced = await startServing(batchOne, join(folder, 'batch-1.json'));
try {
  for (const { url } of [planned, forced]) await generator.closed(url, atOnce, 1, WARM_UP_MS);
  const counts = await found();
  const measurements: Measurements = {
    date: new Date().toISOString(),
    plan,
    low: await lowLoad(counts),
    open: await openLoads(),
    atOnce,
    images: IMAGES,
    perS: await saturate(mean(counts)),
  };
  console.log(flags.json ? JSON.stringify(measurements) : report(measurements));
} finally {
  for (const server of [planned, forced]) server.stop();
  bare.close();
  terminate();
}

/** For each image, the number of items that it gives the second stage. */
async function found(): Promise<number[]> {
  const { name } = plan.stages[0]!;
  const { worker } = bare.members.find(({ planWorker }) => planWorker.stages.includes(name))!;
  const { childCounts } = await worker.run(name, takeInTurn(items[0]!, 0, items[0]!.length));
  return childCounts;
}

/** Median times of single requests: by bare sessions and by stage workers at batch 1, and by the server with either plan. */
async function lowLoad(counts: readonly number[]) {
  const times = {
    sessions: [] as number[],
    loop: [] as number[],
    plan: [] as number[],
    batchOne: [] as number[],
  };
  for (let round = 0; round < flags.rounds; round++) {
    for (const count of counts.slice(0, LOW.requests)) {
      times.sessions.push(await bare.request([1, count], batchOne));
      times.loop.push(await loop.request([1, count]));
    }
    times.plan.push(...latencies(await generator.closed(planned.url, 1, 1, LOW.ms)));
    times.batchOne.push(...latencies(await generator.closed(forced.url, 1, 1, LOW.ms)));
  }
  return {
    sessions: median(times.sessions),
    loop: median(times.loop),
    plan: median(times.plan),
    batchOne: median(times.batchOne),
  };
}

/** Latencies of completed requests. This is no arrow function: the code above runs before a constant here is initialised. */
function latencies({ requests }: Sent): number[] {
  return requests.flatMap(({ outcome, latencyMs }) => (outcome === 'completed' ? [latencyMs] : []));
}

/** Measures open loads: requests arrive at exponential intervals, whether or not earlier ones are answered. */
async function openLoads() {
  const loads: Measurements['open'][number][] = [];
  for (const share of SHARES) {
    const ratePerS = share * plan.ratePerS;
    const sent = await generator.open(planned.url, arrivalsBy(flags, ratePerS), plan.slaMs);
    loads.push({ ratePerS, share, durationS: flags.duration, ...outcomeOf(sent, plan.slaMs) });
  }
  return loads;
}

/** Measures the images per second of each system at saturation. @param perRequest second-stage items per request */
async function saturate(perRequest: number) {
  const requests = Math.round((plan.ratePerS * ROUND_MS) / 1000);
  const itemCounts = [requests, Math.round(requests * perRequest)];
  const perS: Measurements['perS'] = { sessions: [], loop: [], single: [], several: [], batchOne: [] };
  const took = (ms: number) => (1000 * requests) / ms;
  const goodput = async (url: string, images: number) =>
    outcomeOf(await generator.closed(url, Math.ceil(atOnce / images), images, ROUND_MS), plan.slaMs)
      .goodputPerS;
  const turns: [keyof typeof perS, () => Promise<number>][] = [
    ['sessions', async () => took((await bare.round(itemCounts)).ms)],
    ['single', () => goodput(planned.url, 1)],
    ['loop', async () => took(await loop.round(itemCounts))],
    ['several', () => goodput(planned.url, IMAGES)],
    ['batchOne', () => goodput(forced.url, 1)],
  ];
  for (let round = 0; round < flags.rounds; round++) {
    for (const [name, turn] of turns) perS[name].push(await turn());
    turns.reverse();
  }
  return perS;
}
