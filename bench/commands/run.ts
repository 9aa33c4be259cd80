import { Command } from 'commander';
import { parsePlan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import { parseTrace } from '../../solver/documents/trace.ts';
import { constantLoad, traceLoad } from '../../workers/executor/load.ts';
import { Interrupted, interruptSignal, UsageError } from '../exit.ts';
import { readJson, writeJson } from '../files.ts';
import * as option from '../options.ts';
import { openRunner } from '../runner.ts';
import { runTable } from '../tables.ts';
import { ProgressLine } from '../terminal.ts';
import { journalBeside } from './profile.ts';

export const runCommand = () =>
  new Command('run')
    .description('run a plan under an open-loop load, with real inference')
    .requiredOption('--plan <file>', 'what to run')
    .option('--manifest <file>', "the plan's manifest, where its pipeline is not one that is shipped")
    .option('--rate <n>', "requests per second (default: the plan's)", option.positive)
    .option('--trace <file>', 'arrival rates over time, instead of --rate')
    .option('--scale <x>', "times the trace's rates", option.positive, 1)
    .option(
      '--duration <duration>',
      'how long requests arrive; a trace has its own length',
      option.duration,
      40,
    )
    .option('--seed <n>', 'of arrivals and scenes', option.integer, 1)
    .requiredOption('--out <file>', 'where the report goes')
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
  $ ipa-edge run --plan plan.json --rate 5 --duration 40s --out report.json
  $ ipa-edge run --plan plan.json --trace bursty.json --scale 0.5 --out report.json`,
    )
    .action(async (options) => {
      const plan = await readJson(options.plan, parsePlan);
      if (options.rate !== undefined && options.trace !== undefined)
        throw new UsageError('Give either --rate or --trace.');
      const load = options.trace
        ? traceLoad(await readJson(options.trace, parseTrace), options.scale, options.seed)
        : constantLoad(options.rate ?? plan.ratePerS, options.duration, options.seed);
      const manifestPath = option.manifestPath(options.manifest ? options : { pipeline: plan.pipeline });
      const signal = interruptSignal();
      const store = await journalBeside(options.out);
      const progress = new ProgressLine();
      const backends = [...new Set(plan.stages.map((stage) => stage.backend))];
      const runner = await openRunner(backends, { manifestPath, store, signal, onProgress: progress.show });
      try {
        const report = await runner.run({ name: 'plan', plan, backends, load, seed: options.seed });
        await writeJson(options.out, report);
        progress.clear();
        console.log(options.json ? JSON.stringify(report) : `${runTable([report])}\n\nwrote ${options.out}`);
        if (signal.aborted) throw new Interrupted(`Stopped early; what had run is in ${options.out}.`);
        if (!report.load.valid) throw new InvalidRunError(report);
      } finally {
        progress.clear();
        await runner.close();
        store.close();
      }
    });

/** The load generator was too late: what was measured is not what was asked for. */
export class InvalidRunError extends Error {
  override name = 'InvalidRunError';
  constructor({ load, slaMs }: Pick<RunReport, 'load' | 'slaMs'>) {
    super(
      `The load generator was ${load.latenessP99Ms.toFixed(1)} ms late (p99), over 5 % of the SLA of ${slaMs.toFixed(0)} ms: ` +
        'this machine has no core left for it. Lower the rate, or plan with fewer --cores.',
    );
  }
}
