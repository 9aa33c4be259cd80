/**
 * Compares the latency and attainment that plans predict with those that a client measures. For each SLA, plans for three rates
 * are served by `ipa-agent serve`, and by a gateway with the stages' pods as local processes. The pipeline is fashion on the cpu
 * backend. Servers and load generator are separate processes. A plan's prediction does not hold if the client takes cores that
 * the plan counts on, so the rates leave cores for the client. A virtual machine's speed changes from minute to minute, so the
 * benchmark sends each load twice. From the first it computes the corrections that `serve --adapt` and `watch` would make, and it
 * compares the second with the plan's predictions with and without these corrections.
 * `npm run bench:predicted [-- --profile profile.json --slas 10,100]`.
 */
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ServingCorrection } from '../../solver/adapt/serving-correction.ts';
import { type Counts, CountsGrowth, countsIn } from '../../solver/adapt/serving-counts.ts';
import { keepsSla, type Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { withoutHops } from '../../solver/plan/serving.ts';
import { constantRate } from '../../solver/simulate/arrivals.ts';
import { predict } from '../../solver/simulate/predict.ts';
import * as option from '../../workers/command/options.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { benchFolder } from '../setup/folder.ts';
import { machineText } from '../setup/machine.ts';
import { startClient } from './client.ts';
import { addPlanOptions, type PlanFlags, profileOnCpu } from './fashion-plan.ts';
import { machineShare } from './machine-share.ts';
import { type Compared, predictedText } from './predicted-report.ts';
import { outcomeOf } from './report.ts';
import { type AgentProcess, startPods, startServing } from './served.ts';

/** Rates, as shares of the highest one that has a confirmed plan and leaves cores idle. */
const SHARES = [0.25, 0.5, 0.8];
/** The highest rate is sought between `least` and `most` requests/s; each rate tried is `step` times the one before. */
const RATES = { least: 5, most: 2000, step: 1.1 };
/** Plan, server and client together may use at most this fraction of the machine's cores. */
const BUSY_MAX = 0.5;
const PERCENTILE = 95;
/**
 * Requests that each server answers before it is measured, as profiles are of warm servers: V8 compiles a gateway and its pods
 * while they answer their first 2,500 requests, and the first ones take three times as long.
 */
const WARM_UP = { requests: 3000, atOnce: 4, eachMs: 3000 };
/** Corrections follow the counters slowly, so the first load counts again and again, as if it had lasted this long. */
const LEARNED_S = 3600;
const PLACES = ['serve', 'pods'] as const;

const milliseconds = (text: string): number[] =>
  text.split(',').map((part) => {
    const ms = Number(part);
    if (!(ms > 0)) throw new InvalidArgumentError('Expected milliseconds, e.g. 6.5,10,30,100.');
    return ms;
  });

type Flags = Omit<PlanFlags, 'sla' | 'rate'> & {
  readonly slas: readonly number[];
  readonly duration: number;
  readonly at: (typeof PLACES)[number];
  readonly json?: boolean;
};
const flags = addPlanOptions(
  new Command('bench:predicted').description('compare what plans promise with what a client sees'),
)
  .option('--slas <list>', 'SLAs in ms', milliseconds, [6.5, 10, 30, 100])
  .addOption(new Option('--at <place>', 'measure at this place only (default: both)').choices(PLACES))
  .option('--duration <duration>', 'length of each load', option.duration, 20)
  .option('--json', 'print the comparison as JSON')
  .parse()
  .opts<Flags>();

const { models, generator, terminate } = await startClient();
const folder = benchFolder();
try {
  const profile = await profileOnCpu({ ...flags, sla: Math.max(...flags.slas), rate: 1 }, folder);
  const compared: Compared[] = [];
  for (const at of flags.at ? [flags.at] : PLACES) {
    // Without pods, no batch hops to a pod.
    const measured = at === 'pods' ? profile : { ...profile, profile: withoutHops(profile.profile) };
    const planAt = await plannerAt(at, measured);
    for (const slaMs of flags.slas)
      for (const plan of plansAt((rate) => planAt(slaMs, rate)))
        compared.push(await compare(at, plan, measured));
  }
  console.log(
    flags.json
      ? JSON.stringify(compared)
      : `${new Date().toISOString()}, ${machineText()}, Node ${process.versions.node}\n\n${predictedText(compared)}`,
  );
} finally {
  terminate();
}

/**
 * Returns a function that plans for one place. That function returns undefined if no plan is confirmed by simulation, or if plan,
 * server and client together would take more than {@link BUSY_MAX} of the machine's cores.
 */
async function plannerAt(
  at: Compared['at'],
  measured: IdentifiedProfile,
): Promise<(slaMs: number, ratePerS: number) => Plan | undefined> {
  const { profile } = measured;
  // A pod holds one stage, so a plan for pods needs at least one core for each stage.
  const cores = at === 'pods' ? Math.max(flags.cores, models.pipeline.stages.length) : flags.cores;
  const planner = await Planner.open(measured);
  const confirmed = (slaMs: number, ratePerS: number): Plan | undefined => {
    try {
      const plan = planner.plan(
        planRequest(profile, {
          ...{ slaMs, ratePerS, percentile: PERCENTILE, resources: { cores } },
          downshift: false,
        }),
      );
      return keepsSla(plan) ? plan : undefined;
    } catch (error) {
      if (error instanceof InfeasiblePlanError) return undefined;
      throw error;
    }
  };
  const forFewest = confirmed(Math.max(...flags.slas), RATES.least);
  if (!forFewest) return () => undefined;
  const clientMs = await clientTime(at, forFewest);
  return (slaMs, ratePerS) => {
    const plan = confirmed(slaMs, ratePerS);
    return plan && machineShare(plan, profile, clientMs) <= BUSY_MAX ? plan : undefined;
  };
}

/** Core time of the client for a request, in ms. */
async function clientTime(at: Compared['at'], plan: Plan): Promise<number> {
  const served = await start(at, plan);
  try {
    await warmUp(served);
    const { requests, cpuMs } = await generator.closed(served.url, 1, 1, WARM_UP.eachMs);
    return cpuMs / requests.length;
  } finally {
    served.stop();
  }
}

/** The plans for {@link SHARES} of the highest rate that has a plan, without shares that have none. */
function plansAt(planAt: (ratePerS: number) => Plan | undefined): Plan[] {
  let highest: number | undefined;
  for (let rate = RATES.least; rate <= RATES.most; rate *= RATES.step) if (planAt(rate)) highest = rate;
  return highest === undefined ? [] : SHARES.flatMap((share) => planAt(share * highest) ?? []);
}

async function compare(at: Compared['at'], plan: Plan, measured: IdentifiedProfile): Promise<Compared> {
  const served = await start(at, plan);
  try {
    await warmUp(served);
    const judgedMs = Math.min(plan.slaMs, plan.predicted.latencyMs!.p95);
    const send = async (seed: number) =>
      generator.open(served.url, constantRate(plan.ratePerS, flags.duration, seed), judgedMs);
    const growth = new CountsGrowth();
    const grown = async () => growth.since(new Map([[at, await countsAt(served)]]));
    await grown();
    const first = await send(flags.seed);
    const counted = await grown();
    const correction = new ServingCorrection(measured);
    for (let s = 0; s < LEARNED_S; s += first.tookMs / 1000) correction.take(counted, first.tookMs, plan);
    const second = await send(flags.seed + 1);
    const valid = [first, second].every((sent) => outcomeOf(sent, judgedMs).valid);
    const outcome = { ...outcomeOf(second, plan.slaMs), valid };
    if (!flags.json) console.error(`${at}, ${plan.slaMs} ms, ${plan.ratePerS.toFixed(0)}/s: done`);
    const { profile, inService = {} } = correction.profile;
    const corrected = predict(plan, profile, { n: plan.predicted.n, seed: flags.seed });
    return { at, plan, outcome, inService, corrected };
  } finally {
    served.stop();
  }
}

async function countsAt({ url }: AgentProcess): Promise<Counts> {
  const response = await fetch(`${url}/metrics`);
  return countsIn(await response.text(), models.manifest.name);
}

async function warmUp({ url }: AgentProcess): Promise<void> {
  const { requests, atOnce, eachMs } = WARM_UP;
  for (let answered = 0; answered < requests; )
    answered += (await generator.closed(url, atOnce, 1, eachMs)).requests.length;
}

async function start(at: Compared['at'], plan: Plan): Promise<AgentProcess> {
  if (at === 'pods') return startPods(plan, folder);
  return startServing(plan, join(folder, 'plan.json'));
}
