import { Command, Option } from 'commander';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import type { ApplyOptions, Engine } from '../cluster/engine.ts';
import { defaultSettings } from '../kubernetes/settings.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { changesText } from './changes-text.ts';
import { readClusterPlan } from './cluster-plan.ts';
import { addEngineOptions, ENGINES, type EngineFlags, openEngine } from './engine.ts';
import { addPodOptions, gatewaysOption, givenSettings, monitorOption, type PodFlags } from './pod-options.ts';

interface ApplyFlags extends EngineFlags, PodFlags, ApplyOptions {
  readonly plan?: string;
  /** Name of the pipeline to roll back. */
  readonly rollback?: string;
  readonly manifest?: string;
  readonly resetSettings?: boolean;
  /** Seconds to wait until all pods serve; true: {@link WAIT_S}. */
  readonly wait?: number | true;
  readonly json?: boolean;
}

/** Seconds to wait by default: long enough to pull an image and load models. */
const WAIT_S = 300;

export const applyCommand = () =>
  addEngineOptions(
    addPodOptions(
      new Command('apply')
        .description('make a cluster serve a plan')
        .option('--plan <file>', 'the plan')
        .option(
          '--rollback <pipeline>',
          'instead of --plan: go back to the plan that served before, with its image and settings',
        )
        .addOption(new Option('--target <name>', 'the engine').choices(ENGINES).default(ENGINES[0]))
        .addOption(option.planManifestOption()),
    ),
  )
    .addOption(gatewaysOption())
    .addOption(monitorOption())
    .addOption(
      new Option(
        '--reset-settings',
        'settings of pods, gateways and monitor that are not given become the defaults, not those applied before',
      ).conflicts('rollback'),
    )
    .option('--dry-run', 'report what would change, and change nothing')
    .option('--prune', 'remove objects that earlier plans have left behind')
    .option('--allow-pending', 'apply although the nodes have no room for all pods: some wait for more nodes')
    .option('--force', 'take over fields that other tools manage')
    .addOption(
      new Option(
        '--wait [duration]',
        `wait until all pods serve, for this long at most (default: ${WAIT_S / 60}m)`,
      )
        .argParser(option.duration)
        .conflicts('dryRun'),
    )
    .option('--json', 'print what became of each object, as JSON')
    .addHelpText(
      'after',
      `
A variant or batch changes inside the running pods; pods are replaced only where a stage needs other resources. Nothing
changes unless the API server accepts every object and the nodes have room for the pods. Image, models, node selector and other
settings that are not given stay as they were, unless --reset-settings is given.

  $ ipa-agent apply --plan plan.json --image registry.example/ipa-edge:0.1.0 --dry-run
  $ ipa-agent apply --plan plan.json --namespace shop --prune --wait
  $ ipa-agent apply --rollback fashion`,
    )
    .action(async (flags: ApplyFlags) => {
      if ((flags.plan === undefined) === (flags.rollback === undefined))
        throw new UsageError('Give exactly one of --plan and --rollback.');
      const given = flags.plan === undefined ? null : await readClusterPlan(flags.plan);
      const path = option.planManifestPath({ pipeline: given?.pipeline ?? flags.rollback! }, flags);
      const { manifest, pipeline } = await loadModelFolder(path);
      const settings = givenSettings(flags);
      const all = flags.resetSettings ? { ...defaultSettings(manifest.name), ...settings } : settings;
      if (given) checkPipeline(given, manifest);
      const engine = await openEngine(flags, pipeline, all);
      const options: ApplyOptions = { ...flags, onEvent: (what) => console.error(what) };
      const { plan, changes } = given
        ? { plan: given, changes: await engine.apply(given, options) }
        : await engine.rollBack(options);
      if (flags.json) console.log(JSON.stringify(changes));
      else
        console.log(`${planText(plan)}\n\n${engine.target}:\n${changesText(changes, flags.dryRun ?? false)}`);
      if (flags.wait !== undefined)
        await waitUntilServing(engine, 1000 * (flags.wait === true ? WAIT_S : flags.wait));
    });

/** Shows how many pods serve, the time left, and why others do not, until all do. @throws NotServingError */
async function waitUntilServing(engine: Engine, timeoutMs: number): Promise<void> {
  const signal = interruptSignal('not waiting any more; the plan stays applied');
  const progress = new ProgressLine();
  const startMs = performance.now();
  let atStart: number | undefined;
  const reported = new Set<string>();
  try {
    await engine.awaitServing({
      timeoutMs,
      signal,
      onChange({ ready, wanted, waits }) {
        for (const reason of waits.filter((one) => !reported.has(one))) {
          progress.clear();
          console.error(`waiting for ${reason}`);
          reported.add(reason);
        }
        // The time left is estimated from the pods that became ready since the start, so pods that served before do not count.
        atStart ??= Math.min(ready, wanted - 1);
        progress.share(`${ready} of ${wanted} pods serve`, (ready - atStart) / (wanted - atStart), startMs);
      },
    });
  } finally {
    progress.clear();
  }
  console.error(`all pods serve after ${Math.round((performance.now() - startMs) / 1000)} s`);
}
