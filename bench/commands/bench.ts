import { join } from 'node:path';
import { Command } from 'commander';
import { loadManifest } from '../../models/manifests/load.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { BenchReport } from '../../solver/documents/report.ts';
import { REPORT, type RunReport } from '../../solver/documents/run-report.ts';
import { type Frontiers, frontiers } from '../../solver/frontier/cascade-gains.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { counted } from '../../solver/math/figures.ts';
import { FrontierTooLargeError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { packNote } from '../../solver/report/pack-note.ts';
import { availableBackends } from '../../workers/command/backends.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { checkWritable, sameFile, writeJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { measure, settingsOf } from '../../workers/command/profile.ts';
import { ms } from '../../workers/command/terminal.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import { type BackendSet, backendSets, loadAt, throwIfStopped } from '../comparison/backend-sets.ts';
import { atPresentSpeed } from '../comparison/trial-run.ts';
import { prepareRecipe } from '../recipe/prepare.ts';
import { readRecipe, recipeOption } from '../recipe/recipes.ts';
import { type Runner, withRunner } from '../runner/runner.ts';
import { invalidRuns } from './invalid-run.ts';
import { checkReport, writeAndPrint } from './report.ts';
import { runText } from './tables.ts';

export const benchCommand = () =>
  new Command('bench')
    .description(
      'profile and plan, run the plan, the heaviest and the lightest variants on the same arrivals, and write a report',
    )
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .addOption(
      recipeOption('models of a hub and public data, which are downloaded first, instead of --pipeline'),
    )
    .option(
      '--backend <list>',
      'what to measure; one plan is made for the first backend alone, one for all together; backends that have no plan are left out',
      option.backends,
      ['webgpu', 'wasm'],
    )
    .option('--threads <list>', 'thread counts to measure on CPU backends', option.counts, [1])
    .option('--batches <list>', 'batch sizes to measure', option.batches, [1, 2, 4, 8, 16])
    .option('--budget <duration>', 'time for the measurements', option.duration, 100)
    .option(
      '--sla <ms>',
      "bound on the p95 latency (default: 5 × the sum over stages of items per request × the variants' mean latency at the smallest batch; at least 50 ms, and 20 × the p95 of how late this machine sends requests; longer if no rate has a plan)",
      option.positive,
    )
    .option(
      '--rate <n>',
      'requests per second (default: 1.5 × what the heaviest variants answer one at a time, or the nearest rate that has a plan)',
      option.rate,
    )
    .option(
      '--duration <duration>',
      'how long requests arrive in each run (default: 20 to 40 s)',
      option.duration,
    )
    .option('--seed <n>', 'seed of the random order of measuring, arrivals and items', option.integer, 1)
    .option(
      '--out <folder>',
      'where the documents go, and the manifest and pack of a recipe (default: out/<pipeline>)',
      option.outFolder,
    )
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
With --recipe, what is missing is done first, and each step is shown before it runs: the models are pinned and downloaded, and the
recipe's shell commands and pack make its labelled pack. After Ctrl-C the same command goes on where it stopped.

  $ ipa-edge bench --pipeline fashion
  $ ipa-edge bench --manifest my/manifest.json --sla 200 --rate 10 --budget 10m
  $ ipa-edge bench --recipe nlp --backend cpu --budget 20m

Before the runs, the plan is tried for 5 to 15 s. If its batches take longer than in the profile, because the device is hot or busy by
now, the plan is made again for a device as slow as that; the baselines and the load stay the same.

If late sending shows in the result of a run, that run is not valid: the report and the last lines say so.`,
    )
    .action(async (options, command) => {
      const started = performance.now();
      // A load that cannot run is refused before anything is measured.
      if (options.rate !== undefined) loadAt(options.rate, options);
      const signal = interruptSignal();
      const say = (text: string) => (options.json ? console.error(text) : console.log(text));
      const manifestPath = await manifestPathOf(options, signal, say);
      const { manifest } = await loadManifest(manifestPath, fileReader(signal));
      const out = (file: string) => join(options.out ?? join('out', manifest.name), file);
      await checkDocuments(out, manifestPath);
      const where = { manifestPath, out: out('profile.json'), signal };
      await withRunner(options.backend, where, async ({ runner, store, progress }) => {
        const backend = await availableBackends(command, options.backend, runner.whyUnavailable);
        const settings = settingsOf({ ...options, backend });
        const measured = await measure(runner, store, settings, out('profile.json'), signal);
        const { profile } = measured;
        progress.clear();
        say(`${deviceLine(profile)}\n`);
        const note = packNote(profile.pack);
        if (note) say(`${note}\n`);
        const solver = await loadSolver();
        const attended = { say, progress, signal };
        const planned = await backendSets(solver, measured, backend, options, attended);
        await writeJson(out('plan.json'), planned.at(-1)!.plans.plan);

        const sets: BackendSet[] = [];
        const runs: RunReport[] = [];
        for (const first of planned) {
          if (first.change !== null) say(first.change);
          say(setLine(first, profile));
          const set = await atPresentSpeed(runner, solver, measured, first, options.seed + 1, attended);
          if (first === planned.at(-1)) await writeJson(out('plan.json'), set.plans.plan);
          sets.push(set);
          say(`${planText(set.plans.plan)}\n`);
          const own = await runSet(runner, set, options.seed, signal);
          progress.clear();
          say(`${runText(own)}\n`);
          runs.push(...own);
        }
        const report: BenchReport = {
          schema: REPORT,
          kind: 'bench',
          createdAt: new Date().toISOString(),
          pipeline: manifest.name,
          device: profile.device,
          seed: options.seed,
          runs,
          combinations: sets.flatMap((set) => set.combinations),
          ...joined(sets.map(({ request }) => frontiersOrNone(profile, request, say))),
          profile,
        };
        await writeAndPrint(out('report.json'), report, () => {
          if (options.json) console.log(JSON.stringify(report));
        });
        const seconds = Math.round((performance.now() - started) / 1000);
        say(
          `wrote ${['profile.json', 'plan.json', 'report.json', 'report.html'].map(out).join(', ')} in ${seconds} s`,
        );
        // No failure: on a busy machine, or under a baseline that is overloaded, the other runs and the profile still hold.
        const invalid = invalidRuns(runs, 'lower --rate, or raise --sla.');
        if (invalid) say(invalid.message);
      });
    });

/** Returns the path of the manifest that the options name; makes the manifest of a recipe first. @throws UsageError */
async function manifestPathOf(
  options: { pipeline?: string; manifest?: string; recipe?: string; out?: string },
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<string> {
  const given = [options.pipeline, options.manifest, options.recipe].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError('Give exactly one of --pipeline, --manifest and --recipe.');
  if (options.recipe === undefined) return option.manifestPath(options);
  const recipe = await readRecipe(options.recipe);
  return prepareRecipe(recipe, options.out ?? join('out', recipe.name), signal, say);
}

/** Checks before long work that the documents can be written, and that none would replace the manifest. @throws UsageError */
async function checkDocuments(out: (file: string) => string, manifestPath: string): Promise<void> {
  for (const file of ['profile.json', 'plan.json', 'report.json'])
    if (await sameFile(out(file), manifestPath))
      throw new UsageError(`--out would replace ${manifestPath}, the manifest. Choose another with --out.`);
  for (const file of ['profile.json', 'plan.json']) await checkWritable(out(file));
  await checkReport(out('report.json'));
}

/** Computes the frontiers, or reports that one is too large and returns none. */
function frontiersOrNone(profile: Profile, request: PlanRequest, say: (text: string) => void): Frontiers {
  try {
    return frontiers(profile, request);
  } catch (error) {
    if (!(error instanceof FrontierTooLargeError)) throw error;
    say(error.message);
    return { frontier: [], frontierWithoutCascades: [] };
  }
}

const joined = (all: readonly Frontiers[]): Frontiers => ({
  frontier: all.flatMap(({ frontier }) => frontier),
  frontierWithoutCascades: all.flatMap(({ frontierWithoutCascades }) => frontierWithoutCascades),
});

/** Runs the three plans one after the other, with the same arrivals and items. */
async function runSet(
  runner: Runner,
  { plans, backends, load }: BackendSet,
  seed: number,
  signal: AbortSignal,
): Promise<RunReport[]> {
  const runs: RunReport[] = [];
  for (const name of ['plan', 'heaviest', 'lightest'] as const) {
    const running = runner.run({ name, plan: plans[name], backends, load, seed });
    runs.push(await running.finally(() => throwIfStopped(signal)));
  }
  return runs;
}

function deviceLine({ device, cells, settings }: Profile): string {
  const { adapter } = device;
  const gpu = adapter
    ? [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(' ') ||
      (adapter.software ? 'none' : 'not named')
    : 'none';
  const measured = cells.filter((cell) => cell.state === 'measured').length;
  return (
    `${device.agent} on ${device.platform}, ${device.logicalCores} cores, GPU: ${gpu}` +
    `${adapter?.software && cells.some((cell) => onGpu(cell.backend)) ? ' (SOFTWARE ADAPTER: WebGPU runs on the CPU; its times do not hold for a GPU)' : ''}\n` +
    `ONNX Runtime ${device.ortVersion} (${device.ortBuild}), ${counted(measured, 'cell')} measured, seed ${settings.seed}`
  );
}

const setLine = ({ backends, request }: BackendSet, { device }: Profile): string =>
  `── ${backends.join(' + ')}${backends.every(onGpu) && device.adapter?.software ? ' (SOFTWARE ADAPTER)' : ''}: ` +
  `SLA ${ms(request.slaMs)} ms (p${request.percentile}), ${counted(+request.ratePerS.toFixed(2), 'request')}/s ──`;
