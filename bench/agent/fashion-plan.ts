import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { withoutHops } from '../../solver/plan/serving.ts';
import { arrivalsOf } from '../../solver/simulate/arrivals.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { runProfile } from './served.ts';

const BATCHES = '1,2,4,8,16';

export interface PlanFlags {
  /** Path of a profile of this machine. If absent, the benchmark measures one within `budget` seconds. */
  readonly profile?: string;
  readonly budget: number;
  readonly sla: number;
  readonly rate: number;
  readonly cores: number;
  readonly seed: number;
}

/** Adds the options of the plan that a benchmark serves. */
export const addPlanOptions = (command: Command): Command =>
  command
    .option(
      '--profile <file>',
      'a profile of fashion on the cpu backend of this machine (default: one is measured)',
    )
    .option('--budget <duration>', 'time for measuring the profile', option.duration, 60)
    .option('--sla <ms>', 'SLA of the plan', option.positive, 100)
    .option(
      '--rate <n>',
      'requests per second that the plan is made for; high rates need batches',
      option.rate,
      400,
    )
    .option(
      '--cores <n>',
      'cores of this machine that the plan may hold',
      option.integer,
      Math.max(1, availableParallelism() - 1),
    )
    .option('--seed <n>', 'seed of the profile and of the arrivals', option.integer, 1);

/**
 * Reads the given profile or, if there is none, measures one with `ipa-agent profile`, and with it the hops to pods.
 * @param folder for the profile, if one is measured
 */
export async function profileOnCpu(flags: PlanFlags, folder: string): Promise<IdentifiedProfile> {
  const file = flags.profile ?? join(folder, 'profile.json');
  if (flags.profile === undefined)
    await runProfile(
      ...['--pipeline', 'fashion', '--backend', 'cpu', '--threads', '1', '--batches', BATCHES, '--pods'],
      ...['--budget', `${flags.budget}s`, '--seed', String(flags.seed), '--sla', String(flags.sla)],
      ...['--out', file],
    );
  return readJson(file, parseIdentified);
}

/**
 * Plans for p99 on the cpu backend, for `ipa-agent serve`, with one variant for each stage, as bare sessions run them.
 * @param folder for the profile, if one is measured
 */
export async function planOnCpu(flags: PlanFlags, folder: string): Promise<Plan> {
  const { profile, sha256 } = await profileOnCpu(flags, folder);
  const { sla: slaMs, rate: ratePerS, cores } = flags;
  const here = withoutHops(profile);
  return (await Planner.open({ profile: here, sha256 })).plan(
    planRequest(here, { slaMs, ratePerS, percentile: 99, resources: { cores }, cascades: false }),
  );
}

/** Arrival times in milliseconds, at exponential intervals. */
export const arrivalsBy = (
  { duration, seed }: Pick<PlanFlags, 'seed'> & { readonly duration: number },
  ratePerS: number,
): Float64Array =>
  arrivalsOf({ rates: [ratePerS], intervalS: duration }, { scale: 1, seed, kind: 'poisson' });
