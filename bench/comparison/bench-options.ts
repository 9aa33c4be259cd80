import type { Command } from 'commander';
import * as option from '../../workers/command/options.ts';

/** Adds the options of a benchmark that measures a pipeline and then runs plans for it. @param batches the default batch sizes */
export const withBenchOptions = (command: Command, batches: readonly number[]): Command =>
  command
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .option('--backend <list>', 'one backend, or several to plan for together', option.backends, ['cpu'])
    .option('--batches <list>', 'batch sizes to measure', option.counts, [...batches])
    .option('--budget <duration>', 'time for the measurements', option.duration, 60)
    .option('--sla <ms>', 'bound on the p95 latency (default: as for bench)', option.positive)
    .option('--seed <n>', 'of arrivals and items', option.integer, 1)
    .option('--json', 'print the measurements as JSON');
