import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { loadManifest } from '../../models/manifests/load.ts';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { modelsOf } from '../../solver/documents/manifest.ts';
import { type Plan, parsePlan, stageNameOf } from '../../solver/documents/plan.ts';
import { backendsOf } from '../../solver/documents/profile.ts';
import { planMismatches } from '../../solver/plan/mismatches.ts';
import { packNote } from '../../solver/report/pack-note.ts';
import { availableBackends } from '../../workers/command/backends.ts';
import { Interrupted, interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { readJson, sameFile } from '../../workers/command/files.ts';
import { needing } from '../../workers/command/needs.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import type { AdaptationSettings } from '../../workers/executor/adaptation.ts';
import { constantLoad, traceLoad } from '../../workers/executor/load.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { type Runner, withRunner } from '../runner/runner.ts';
import { invalidRuns } from './invalid-run.ts';
import { checkReport, writeAndPrint } from './report.ts';
import { planTimeline, runText } from './tables.ts';
import { readTrace, TRACE, TRACE_HELP } from './traces.ts';

/** Seconds for which requests arrive without --duration and --trace. */
const DURATION_S = 40;

export const runCommand = () =>
  new Command('run')
    .description(
      'run a plan: requests arrive at a rate or by a trace, whether or not earlier ones are answered',
    )
    .requiredOption('--plan <file>', 'the plan to run')
    .addOption(option.planManifestOption())
    .option('--rate <n>', "requests per second (default: the plan's)", option.rate)
    .option(TRACE, `instead of --rate, ${TRACE_HELP}`)
    .addOption(
      needing(
        new Option('--scale <x>', 'multiply its rates by this').argParser(option.positive).default(1),
        '--trace',
      ),
    )
    .addOption(needing(option.arrivalsOption(), '--trace'))
    .option(
      '--duration <duration>',
      `how long requests arrive (default: ${DURATION_S}s; all of a trace file; 20m of a generated trace)`,
      option.duration,
    )
    .option('--adapt', 'make new plans while the load changes')
    .addOption(
      needing(
        new Option('--profile <file>', 'the profile to plan on (default: profile.json beside the plan)'),
        '--adapt',
      ),
    )
    .addOption(
      needing(
        new Option('--backend <list>', 'use only these backends (default: all that were measured)').argParser(
          option.backends,
        ),
        '--adapt',
      ),
    )
    .addOption(needing(option.intervalOption(), '--adapt'))
    .addOption(needing(option.predictorOption(), '--adapt'))
    .addOption(needing(option.minRateOption(), '--adapt'))
    .option('--seed <n>', 'seed of the random arrivals and items', option.integer, 1)
    .addOption(option.reportOption())
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
  $ ipa-edge run --plan plan.json --rate 5 --duration 40s --out report.json
  $ ipa-edge run --plan plan.json --trace bursty.json --scale 0.5 --out report.json
  $ ipa-edge run --plan plan.json --adapt --trace bursty --duration 5m --out report.json

If late sending shows in the result, the run is not valid: the report is written, and the command ends with 1.`,
    )
    .action(async (options, command) => {
      const profilePath = options.profile ?? join(dirname(options.plan), 'profile.json');
      if (options.adapt && (await sameFile(profilePath, options.out)))
        throw new UsageError(
          `--out would replace ${profilePath}, the profile to plan on. Choose another with --out.`,
        );
      await checkReport(options.out);
      const plan = await readJson(options.plan, parsePlan);
      if (options.rate !== undefined && options.trace !== undefined)
        throw new UsageError('Give --rate or --trace, and not both.');
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
      const adaptation = options.adapt ? await adaptationAsk(plan, profilePath, options) : undefined;
      const signal = interruptSignal('stopping; if requests were sent, the report will have them');
      const { manifest } = await loadManifest(manifestPath, fileReader(signal));
      checkPipeline(plan, manifest);
      const asked = [...new Set(adaptation?.request.backends ?? plan.stages.map(({ backend }) => backend))];
      const place = { manifestPath, out: options.out, signal, measuredIn: plan.profile.device.environment };
      await withRunner(asked, place, async ({ runner, progress }) => {
        await checkBackends(plan, runner);
        const backends = await availableBackends(command, asked, runner.whyUnavailable);
        const report = await runner.run({
          name: 'plan',
          plan,
          backends,
          load,
          seed,
          ...(adaptation && {
            adaptation: { ...adaptation, request: { ...adaptation.request, backends } },
          }),
        });
        progress.clear();
        const target = { pipeline: manifest.name, stages: modelsOf(manifest), device: report.device };
        const differences = planMismatches(plan, target);
        if (differences.length > 0)
          console.error(
            `The predictions are of another device than this one:\n${differences.map((line) => `  ${line}`).join('\n')}\n` +
              'For predictions of this device, profile here and plan again.',
          );
        const written = await writeAndPrint(options.out, report, () => {
          if (options.json) console.log(JSON.stringify(report));
          else {
            if (adaptation) console.log(`${planTimeline(report)}\n`);
            console.log(`${runText([report])}\n\n${packNote(manifest.pack ?? null)}\n`);
          }
        });
        if (!options.json) console.log(`wrote ${written.join(', ')}`);
        if (signal.aborted)
          throw new Interrupted(`Stopped early. ${options.out} has the requests until then.`);
        const invalid = invalidRuns([report], 'lower the rate, or plan with fewer --cores.');
        if (invalid) throw invalid;
      });
    });

/** @throws UsageError if a stage of the plan has a backend that is unavailable here */
async function checkBackends({ stages }: Plan, { whyUnavailable }: Runner): Promise<void> {
  for (const row of stages) {
    const why = await whyUnavailable(row.backend);
    if (why !== null)
      throw new UsageError(
        `The plan runs ${stageNameOf(row)} on ${row.backend}, which is not available: ${why}. Choose others with ipa-edge plan --backend.`,
      );
  }
}

/** Inputs for adaptation: the plan's request without its rate, and the profile that the plan was made from. @throws UsageError */
async function adaptationAsk(
  plan: Plan,
  profilePath: string,
  options: option.AdaptationFlags & { readonly backend?: Backend[] },
): Promise<AdaptationSettings> {
  const measured = await readJson(profilePath, parseIdentified);
  if (measured.sha256 !== plan.profile.sha256)
    throw new UsageError(
      `${profilePath} is not the profile that the plan was made from. Give the plan's own profile with --profile, or plan again.`,
    );
  const backends = options.backend ?? backendsOf(measured.profile);
  return {
    profile: measured,
    request: standingRequest(plan, backends, options.minRate),
    predictor: options.predictor,
    intervalS: options.interval,
  };
}
