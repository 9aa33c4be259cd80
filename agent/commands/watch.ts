import { Command } from 'commander';
import type { Plan } from '../../solver/documents/plan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { checkNoCascades } from '../cluster/replica-plan.ts';
import { control, currentPlan } from '../cluster/watch/controller.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { Replanner } from '../service/replanner.ts';
import { addEngineOptions, type EngineFlags, openEngine } from './engine.ts';
import { logLine } from './log-line.ts';

interface WatchFlags extends option.AdaptationFlags, EngineFlags {
  readonly pipeline?: string;
  readonly manifest?: string;
  readonly profile: string;
}

export const watchCommand = () =>
  addEngineOptions(
    new Command('watch')
      .description('plan again as the load of a cluster changes, and apply the plans')
      .requiredOption('--profile <file>', 'the profile that the applied plan was made from')
      .addOption(option.pipelineOption())
      .addOption(option.manifestOption())
      .addOption(option.intervalOption())
      .addOption(option.predictorOption())
      .addOption(option.minRateOption()),
  )
    .addHelpText(
      'after',
      `
Watch reads the arrivals from the gateway through the API server, so it can run anywhere. If several processes watch the
same pipeline, one of them leads. The history of plans is in the cluster's events.

Watch plans no cascades, because a new cascade may need deployments that do not exist.

  $ ipa-agent watch --pipeline fashion --profile profile.json --namespace shop
  $ kubectl events --namespace shop --for configmap/fashion-plan`,
    )
    .action(async (flags: WatchFlags) => {
      const profile = await readJson(flags.profile, parseIdentified);
      const { pipeline } = await loadModelFolder(option.manifestPath(flags));
      const signal = interruptSignal('stopping to watch');
      const engine = await openEngine(flags, pipeline);
      const current = await currentPlan({ engine, pipeline: pipeline.name });
      const replanner = await Replanner.open(profile, flags, { apart: true, cascades: false });
      try {
        const adaptationFor = (plan: Plan) => {
          replanner.check(plan, `The plan of ${engine.target}`);
          checkNoCascades(plan, 'Watch plans one variant for each stage');
          return replanner.adaptationFor(plan);
        };
        // Checks the plan at the start, so that a plan of another profile ends the command with an error.
        adaptationFor(current);
        logLine(`watching ${pipeline.name} in ${engine.target}`);
        await engine.lead(
          (leading) =>
            control(
              {
                engine,
                pipeline: pipeline.name,
                adaptationFor,
                onCounts(...seen) {
                  for (const what of replanner.correct(...seen)) logLine(what);
                },
                onEvent: logLine,
              },
              leading,
            ),
          { signal, onEvent: logLine },
        );
      } finally {
        replanner.close();
      }
    });
