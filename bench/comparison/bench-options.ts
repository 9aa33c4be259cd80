import { join } from 'node:path';
import type { Command } from 'commander';
import type { Backend } from '../../solver/documents/common.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import * as option from '../../workers/command/options.ts';
import type { ProgressLine } from '../../workers/command/terminal.ts';
import { type Runner, withRunner } from '../runner/runner.ts';
import { benchFolder } from '../setup/folder.ts';

/** The options of a benchmark that measures a pipeline and then runs plans for it. */
export interface BenchFlags {
  readonly pipeline?: string;
  readonly manifest?: string;
  readonly backend: Backend[];
  readonly batches: readonly number[];
  /** Seconds for the measurements. */
  readonly budget: number;
  /** Bound on the p95 latency, in milliseconds. */
  readonly sla?: number;
  readonly seed: number;
  readonly json?: true;
}

/** Adds the options of {@link BenchFlags} to a command. @param batches the default batch sizes */
export const withBenchOptions = (command: Command, batches: readonly number[]): Command =>
  command
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .option('--backend <list>', 'one backend, or several to plan for together', option.backends, ['cpu'])
    .option('--batches <list>', 'batch sizes to measure; 1 is always measured', option.batches, [...batches])
    .option('--budget <duration>', 'time for the measurements', option.duration, 60)
    .option('--sla <ms>', 'bound on the p95 latency (default: as for bench)', option.positive)
    .option('--seed <n>', 'of arrivals and items', option.integer, 1)
    .option('--json', 'print the measurements as JSON');

/** Measures a profile as the options say, and chooses the SLA as `bench` does if they state none. */
export async function profileBy(
  runner: Runner,
  { backend: backends, batches, budget: budgetS, sla, seed }: BenchFlags,
) {
  const measured = await runner.profile({ backends, threads: [1], batches, budgetS, seed });
  const { cells, stages, fanOut, coRun } = measured.profile;
  const names = stages.map(({ name }) => name);
  return { measured, profile: measured.profile, slaMs: sla ?? slaByRule(cells, names, fanOut, coRun) };
}

type Profiled = Awaited<ReturnType<typeof profileBy>>;

/** Measures a profile, and then calls `work` with it and a runner of the same backends. */
export function withProfile(
  flags: BenchFlags,
  work: (profiled: Profiled & { readonly runner: Runner; readonly progress: ProgressLine }) => Promise<void>,
): Promise<void> {
  const out = join(benchFolder(), 'profile.json');
  const place = { manifestPath: option.manifestPath(flags), out, signal: interruptSignal() };
  return withRunner(flags.backend, place, async ({ runner, progress }) =>
    work({ ...(await profileBy(runner, flags)), runner, progress }),
  );
}
