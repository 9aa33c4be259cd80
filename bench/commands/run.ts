import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import { Interrupted, interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import type { AdaptationAsk } from '../../workers/executor/adaptation.ts';
import { constantLoad, traceLoad } from '../../workers/executor/load.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openRunner } from '../runner/runner.ts';
import { writeReport } from './report.ts';
import { planTimeline, runTable } from './tables.ts';
import { readTrace, TRACE } from './traces.ts';

/** Of a run at one rate. */
const DURATION_S = 40;

export const runCommand = () =>
  new Command('run')
    .description('run a plan under an open-loop load, with real inference')
    .requiredOption('--plan <file>', 'what to run')
    .addOption(option.planManifestOption())
    .option('--rate <n>', "requests per second (default: the plan's)", option.positive)
    .option(`--trace ${TRACE}`, 'arrival rates over time, instead of --rate')
    .option('--scale <x>', "times the trace's rates", option.positive, 1)
    .addOption(option.arrivalsOption())
    .option(
      '--duration <duration>',
      `how long requests arrive (default: ${DURATION_S}s; a trace's own length)`,
      option.duration,
    )
    .option('--adapt', 'plan again as the load changes')
    .option('--profile <file>', 'with --adapt: what is planned on (default: profile.json beside the plan)')
    .option(
      '--backend <list>',
      'with --adapt: plan with these only (default: all that were measured)',
      option.backends,
    )
    .addOption(option.intervalOption('with --adapt: '))
    .addOption(option.predictorOption('with --adapt: '))
    .addOption(option.minRateOption('with --adapt: '))
    .option('--seed <n>', 'of arrivals and scenes', option.integer, 1)
    .requiredOption('--out <file>', 'where the report goes; a page to look at goes beside it')
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
  $ ipa-edge run --plan plan.json --rate 5 --duration 40s --out report.json
  $ ipa-edge run --plan plan.json --trace bursty.json --scale 0.5 --out report.json
  $ ipa-edge run --plan plan.json --adapt --trace bursty --duration 5m --out report.json`,
    )
    .action(async (options) => {
      const plan = await readJson(options.plan, parsePlan);
      if (options.rate !== undefined && options.trace !== undefined)
        throw new UsageError('Give either --rate or --trace.');
      if (!options.adapt && (options.profile !== undefined || options.backend !== undefined))
        throw new UsageError('--profile and --backend go with --adapt.');
      const { seed, duration } = options;
      const load = options.trace
        ? traceLoad(
            await readTrace(options.trace, { durationS: duration, seed }),
            options.scale,
            seed,
            options.arrivals,
          )
        : constantLoad(options.rate ?? plan.ratePerS, duration ?? DURATION_S, seed);
      const manifestPath = option.planManifestPath(plan, options);
      const adaptation = options.adapt
        ? await adaptationAsk(plan, options.profile ?? join(dirname(options.plan), 'profile.json'), options)
        : undefined;
      const signal = interruptSignal();
      const store = await journalBeside(options.out);
      const progress = new ProgressLine();
      const backends = adaptation?.request.backends ?? plan.stages.map((stage) => stage.backend);
      const runner = await openRunner([...new Set(backends)], {
        manifestPath,
        store,
        signal,
        onProgress: progress.show,
      });
      try {
        const report = await runner.run({
          name: 'plan',
          plan,
          backends: [...new Set(backends)],
          load,
          seed,
          ...(adaptation && { adaptation }),
        });
        progress.clear();
        const written = await writeReport(options.out, report);
        if (options.json) console.log(JSON.stringify(report));
        else {
          if (adaptation) console.log(`${planTimeline(report)}\n`);
          console.log(`${runTable([report])}\n\nwrote ${written.join(', ')}`);
        }
        if (signal.aborted) throw new Interrupted(`Stopped early; what had run is in ${options.out}.`);
        if (!report.load.valid) throw new InvalidRunError(report);
      } finally {
        progress.clear();
        await runner.close();
        store.close();
      }
    });

/** What the plan was asked for, at other rates, on the profile that it was made from. @throws UsageError */
async function adaptationAsk(
  plan: Plan,
  profilePath: string,
  options: option.AdaptationFlags & { readonly backend?: Backend[] },
): Promise<AdaptationAsk> {
  const profile = await readJson(profilePath, parseIdentified);
  if (profile.sha256 !== plan.profile.sha256)
    throw new UsageError(
      `${profilePath} is not the profile that the plan was made from: give that with --profile, or plan again.`,
    );
  const backends = options.backend ?? [...new Set(profile.profile.cells.map((cell) => cell.backend))];
  return {
    profile,
    request: standingRequest(plan, backends, options.minRate),
    predictor: options.predictor,
    intervalS: options.interval,
  };
}

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
