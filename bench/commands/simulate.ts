import { setImmediate } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { oracle } from '../../solver/adapt/predictors/oracle.ts';
import { PREDICTORS } from '../../solver/adapt/predictors/predictor.ts';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { parsePublished } from '../../solver/documents/published.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { DEFAULT_OBJECTIVE, planRequest } from '../../solver/plan/request.ts';
import { simulateAdaptation } from '../../solver/simulate/adaptation.ts';
import { adaptationReport, startMsOf } from '../../solver/simulate/adaptation-report.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { needing } from '../../workers/command/needs.ts';
import * as option from '../../workers/command/options.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { untilEnd } from '../../workers/executor/clock.ts';
import { traceLoad } from '../../workers/executor/load.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { predictorByName } from '../../workers/predictor/by-name.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { identify, parseIdentified } from '../../workers/store/exchange.ts';
import { publishedProfile, publishedRivals } from '../adaptation/published-profile.ts';
import { rivalSettings } from '../adaptation/rival-settings.ts';
import { type RivalSettings, rivals, SYSTEMS, type SystemName } from '../adaptation/rivals.ts';
import { checkReport, writeAndPrint } from './report.ts';
import { planTimeline, runText } from './tables.ts';
import { readTrace, TRACE, TRACE_HELP } from './traces.ts';

/** Weight of a switch in a cluster: small, because new replicas start while the old ones still serve. */
const CLUSTER_ETA = 0.02;

/** The time left is estimated from what follows this share of a simulation, because the first decisions take longest. */
const COLD_SHARE = 0.05;

export const simulateCommand = () =>
  withSystems(
    option.withPlanning(
      new Command('simulate').description(
        'simulate how a system adapts to a load over time, with the times of a profile; no model runs',
      ),
    ),
  )
    .option('--profile <file>', 'the profile whose times are used')
    .option(
      '--pipeline <name>',
      'instead of --profile, a pipeline of the IPA paper: ipa-video, ipa-audio-qa, …',
    )
    .requiredOption(TRACE, TRACE_HELP)
    .option('--scale <x>', "multiply the trace's rates by this", option.positive, 1)
    .addOption(option.arrivalsOption())
    .option(
      '--duration <duration>',
      'length of the load (default: all of a trace file; 20m of a generated trace)',
      option.duration,
    )
    .addOption(
      new Option('--system <name>', 'the system that plans: ours, or a published one')
        .choices(SYSTEMS)
        .default('ours'),
    )
    .addOption(
      new Option('--predictor <name>', 'what forecasts the load')
        .choices([...PREDICTORS, 'oracle'])
        .default('learned'),
    )
    .addOption(option.intervalOption())
    .option(
      '--sla <ms>',
      "bound on the latency (default for the paper's pipelines: the paper's)",
      option.positive,
    )
    .addOption(
      needing(
        new Option(
          '--eta <n>',
          `weight of switching (default: ${DEFAULT_OBJECTIVE.eta}; ${CLUSTER_ETA} for the paper's pipelines)`,
        ).argParser(option.notNegative),
        '--system ours',
      ),
    )
    .addOption(needing(option.minRateOption(), '--system ours'))
    .option('--seed <n>', 'seed of the arrivals and the service times', option.integer, 1)
    .addOption(option.reportOption())
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
A new replica serves once its sessions have started, which takes as long as in the profile; 8 s for the paper's pipelines.

  $ ipa-edge simulate --pipeline ipa-video --trace bursty --system ours --beta 0.05 --out ours.json
  $ ipa-edge simulate --pipeline ipa-video --trace bursty --system ipa --out ipa.json
  $ ipa-edge simulate --profile profile.json --sla 200 --cores 40 --trace load.json --scale 20 --out report.json`,
    )
    .action(async (options) => {
      await checkReport(options.out);
      const { seed, predictor: name } = options;
      const trace = await readTrace(options.trace, { durationS: options.duration, seed });
      const load = traceLoad(trace, options.scale, seed, options.arrivals);
      const { measured, slaMs, settings, restrictTo } = await subject(options);
      const { profile } = measured;
      const planned = planRequest(profile, {
        slaMs,
        ratePerS: load.ratePerS,
        percentile: options.percentile,
        // A pod of the paper holds one session, so it has no lighter variant to downshift to.
        downshift: options.pipeline === undefined,
        objective: {
          alpha: options.alpha,
          beta: options.beta,
          delta: options.delta,
          eta: options.eta ?? (options.pipeline === undefined ? DEFAULT_OBJECTIVE.eta : CLUSTER_ETA),
          accuracy: options.accuracy,
        },
        ...(options.cores !== undefined && { resources: { cores: options.cores } }),
      });
      const request: StandingRequest = { ...planned, restrictTo, minRatePerS: options.minRate };
      // Plans are made in a child process, because this process notices Ctrl-C only while it waits.
      const planner = openPlanner();
      const system =
        options.system === 'ours'
          ? ipaEdgeSystem((asked) => planner.plan(measured, asked), request, startMsOf(profile))
          : await rivalNamed(
              options.system,
              measured,
              settings ?? rivalSettings(profile, request, load.ratePerS),
            );
      const predictor =
        name === 'oracle' ? oracle(load.arrivalsMs) : await predictorByName(name, learnedPredictor);
      const progress = new ProgressLine();
      const signal = interruptSignal('stopping; nothing of this simulation is kept');
      let start = { done: 0, ms: performance.now() };
      const input = {
        profile,
        system,
        predictor,
        arrivalsMs: load.arrivalsMs,
        durationS: load.durationS,
        intervalMs: 1000 * options.interval,
        startMs: startMsOf(profile),
        seed,
        async onProgress(atMs: number) {
          const done = atMs / (1000 * load.durationS);
          if (done < COLD_SHARE) start = { done, ms: performance.now() };
          progress.share(`simulating ${system.name}`, done, start.ms, start.done);
          // Node handles signals such as Ctrl-C only between two tasks of the event loop.
          await setImmediate();
          signal.throwIfAborted();
        },
      };
      const end = () => {
        planner.close();
        progress.clear();
      };
      const report = adaptationReport(input, await untilEnd(end, signal, () => simulateAdaptation(input)));
      const written = await writeAndPrint(options.out, report, () => {
        if (options.json) console.log(JSON.stringify(report));
        else console.log(`${planTimeline(report)}\n\n${runText([report])}\n\nSIMULATED: no model ran.\n`);
      });
      if (!options.json) console.log(`wrote ${written.join(', ')}`);
    });

/** Marks the planning options that published systems do not read: they plan with the p99 and, on the paper's pipelines, its weights. */
function withSystems(command: Command): Command {
  const weights = ['--alpha', '--beta', '--delta', '--accuracy'];
  for (const planning of command.options) {
    if (planning.long === '--percentile') needing(planning, '--system ours');
    if (weights.includes(planning.long!)) needing(planning, '--system ours', '--profile');
  }
  return command;
}

/** Chooses the profile to simulate with and, for a published pipeline, the paper's settings. @throws UsageError */
async function subject(options: {
  profile?: string;
  pipeline?: string;
  sla?: number;
  cores?: number;
}): Promise<{
  measured: IdentifiedProfile;
  slaMs: number;
  settings: RivalSettings | undefined;
  restrictTo: Record<string, string[]>;
}> {
  if ((options.profile === undefined) === (options.pipeline === undefined))
    throw new UsageError('Give exactly one of --profile and --pipeline.');
  if (options.profile !== undefined) {
    const measured = await readJson(options.profile, parseIdentified);
    if (options.sla === undefined) throw new UsageError('Give --sla with --profile.');
    return { measured, slaMs: options.sla, settings: undefined, restrictTo: {} };
  }
  const published = await readJson(option.shippedManifest(options.pipeline!, true), parsePublished);
  const slaMs = options.sla ?? published.slaMs;
  const rivals = publishedRivals(published);
  return {
    measured: await identify(await publishedProfile(published)),
    slaMs,
    settings: {
      ...rivals,
      slaMs,
      resources: { ...rivals.resources, cores: options.cores ?? rivals.resources.cores },
    },
    restrictTo: published.restrictTo,
  };
}

const rivalNamed = async (
  name: SystemName,
  measured: IdentifiedProfile,
  settings: RivalSettings,
): Promise<System> => rivals(await loadSolver(), measured, settings).find((system) => system.name === name)!;
