import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';

export interface PlanFlags {
  /** Path of a profile of this machine; absent: one is measured within `budget` seconds. */
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
      option.positive,
      400,
    )
    .option(
      '--cores <n>',
      'cores of this machine that the plan may hold',
      option.integer,
      Math.max(1, availableParallelism() - 1),
    )
    .option('--seed <n>', 'seed of the profile and of the arrivals', option.integer, 1);

/** Plans for p99 on the cpu backend, on a given profile or on one that is measured first. @param folder for its journal */
export async function planOnCpu(models: LoadedManifest, flags: PlanFlags, folder: string): Promise<Plan> {
  const profile = flags.profile
    ? await readJson(flags.profile, parseIdentified)
    : await measured(models, flags, folder);
  const { sla: slaMs, rate: ratePerS, cores } = flags;
  return (await Planner.open(profile)).plan(
    planRequest(profile.profile, { slaMs, ratePerS, percentile: 99, resources: { cores } }),
  );
}

async function measured(
  models: LoadedManifest,
  { budget: budgetS, seed, sla: slaMs }: PlanFlags,
  folder: string,
): Promise<IdentifiedProfile> {
  const progress = new ProgressLine();
  try {
    return await measureProfile({
      models,
      store: await openFileStore(folder),
      environment: nodeEnvironment(),
      settings: { backends: ['cpu'], threads: [1], batches: [1, 2, 4, 8, 16], budgetS, seed, slaMs },
      onProgress: progress.show,
    });
  } finally {
    progress.clear();
  }
}
