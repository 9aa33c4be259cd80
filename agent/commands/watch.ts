import { Command } from 'commander';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { forPods } from '../../solver/plan/serving.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import type { Engine } from '../cluster/engine.ts';
import { kubernetesName } from '../cluster/names.ts';
import { type ControllerOptions, control } from '../cluster/watch/controller.ts';
import { currentPlan } from '../cluster/watch/engine-target.ts';
import { type ReconcileOptions, reconcile } from '../kubernetes/resource/reconcile.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { Replanner } from '../service/replanner.ts';
import { WITHOUT_HOPS } from './cluster-plan.ts';
import { addEngineOptions, type EngineFlags, openApi, openEngine } from './engine.ts';
import { logLine } from './log-line.ts';

interface WatchFlags extends option.AdaptationFlags, EngineFlags {
  readonly pipeline?: string;
  readonly manifest?: string;
  readonly profile?: string;
}

export const watchCommand = () =>
  addEngineOptions(
    new Command('watch')
      .description('plan again as the load of a cluster changes, and apply the plans')
      .option(
        '--profile <file>',
        "the profile that the applied plan was made from; without it, watch serves the cluster's InferencePipeline",
      )
      .addOption(option.pipelineOption())
      .addOption(option.manifestOption())
      .addOption(option.intervalOption())
      .addOption(option.predictorOption())
      .addOption(option.minRateOption()),
  )
    .addHelpText(
      'after',
      `
Watch reads the arrivals from the gateways through the API server, so it can run anywhere. If several processes watch the
same pipeline, one of them leads. The history of plans is in the cluster's events.

Without --profile it follows the InferencePipeline with the pipeline's name (ipa-agent crd): it profiles where there is no profile,
plans and applies, and the object's status says which of these steps are done. If Kubernetes does not take the pipeline's name, the
object needs the name that watch logs at its start.

Watch plans cascades in those stages that have pods for a heavy variant since a plan with a cascade was applied.

  $ ipa-agent watch --pipeline fashion --profile profile.json --namespace shop
  $ kubectl events --namespace shop --for configmap/fashion-plan`,
    )
    .action(async (flags: WatchFlags) => {
      const signal = interruptSignal('stopping to watch', logLine);
      const models = await loadModelFolder(option.manifestPath(flags), signal);
      const profile = flags.profile === undefined ? null : await readJson(flags.profile, parseIdentified);
      const { name: pipeline } = models.pipeline;
      const listener = { signal, onEvent: logLine };
      const engine = await openEngine(flags, models.pipeline);
      if (!profile) {
        const { api, namespace } = await openApi(flags);
        const adapt: ReconcileOptions['adapt'] = async (profile, reconciled, until) => {
          const follower = await openFollower(profile, flags, reconciled, pipeline);
          await follower.follow(until).finally(() => follower.close());
        };
        logLine(`watching the InferencePipeline ${kubernetesName(pipeline)} in ${engine.target}`);
        return engine.lead(
          (leading) => reconcile({ api, models, namespace, adapt }, { signal: leading, onEvent: logLine }),
          listener,
        );
      }
      if (!forPods(profile.profile)) logLine(WITHOUT_HOPS);
      const current = await currentPlan({ engine, pipeline });
      const follower = await openFollower(profile, flags, engine, pipeline);
      try {
        // This call checks the plan at the start, so that a plan of another profile ends the command with an error.
        follower.adaptationFor(current, await engine.cascadeStages());
        logLine(`watching ${pipeline} in ${engine.target}`);
        await engine.lead(follower.follow, listener);
      } finally {
        follower.close();
      }
    });

/** Opens a follower, which adapts the applied plan to the load by planning on one profile. */
async function openFollower(
  profile: IdentifiedProfile,
  flags: option.AdaptationFlags,
  engine: Engine,
  pipeline: string,
) {
  const replanner = await Replanner.open(profile, flags, { apart: true });
  const adaptationFor: ControllerOptions['adaptationFor'] = (plan, cascadeStages) => {
    replanner.check(plan, `The plan of ${engine.target}`);
    return replanner.adaptationFor(plan, cascadeStages);
  };
  const onCounts: ControllerOptions['onCounts'] = (...seen) => {
    for (const what of replanner.correct(...seen)) logLine(what);
  };
  return {
    adaptationFor,
    follow: (signal: AbortSignal) =>
      control({ engine, pipeline, adaptationFor, onCounts, onEvent: logLine }, signal),
    close: () => replanner.close(),
  };
}
