import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Command } from 'commander';
import type { Plan } from '../../solver/documents/plan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { control, NothingAppliedError } from '../cluster/watch/controller.ts';
import { Leadership } from '../cluster/watch/lease.ts';
import { servedBy } from '../kubernetes/apply.ts';
import { openCluster } from '../kubernetes/client.ts';
import { clusterName } from '../kubernetes/export/names.ts';
import { Adaptation } from '../service/adaptation.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { namespaceOption } from './cluster.ts';
import { addKubeconfigOptions } from './kubeconfig.ts';

interface WatchFlags extends option.AdaptationFlags {
  readonly pipeline?: string;
  readonly manifest?: string;
  readonly profile: string;
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const watchCommand = () =>
  addKubeconfigOptions(
    new Command('watch')
      .description('plan again as the load of a cluster changes, and apply the plans')
      .requiredOption('--profile <file>', 'what the plan that serves was made from')
      .addOption(option.pipelineOption())
      .addOption(option.manifestOption())
      .addOption(namespaceOption())
      .addOption(option.intervalOption())
      .addOption(option.predictorOption())
      .addOption(option.minRateOption()),
  )
    .addHelpText(
      'after',
      `
It needs nothing but a kubeconfig: what arrives is read from the gateway through the API server. Of several that watch the
same pipeline one leads. The history of plans is in the cluster's events.

  $ ipa-agent watch --pipeline fashion --profile profile.json --namespace shop
  $ kubectl events --namespace shop --for configmap/fashion-plan`,
    )
    .action(async (flags: WatchFlags) => {
      const profile = await readJson(flags.profile, parseIdentified);
      const { manifest } = await loadModelFolder(option.manifestPath(flags));
      const { name: pipeline } = manifest;
      const { namespace } = flags;
      const signal = interruptSignal('stopping to watch');
      const tell = (what: string) => console.log(`${new Date().toISOString()} ${what}`);
      const cluster = await openCluster(flags);
      const { serving } = await servedBy(cluster, pipeline, namespace);
      if (serving === null) throw new NothingAppliedError(pipeline, namespace);
      const adaptation = await Adaptation.open(profile, flags, { apart: true });
      try {
        const adaptTo = (plan: Plan) => {
          adaptation.check(plan, `The plan of namespace ${namespace}`);
          return adaptation.of(plan);
        };
        adaptTo(serving);
        const leadership = new Leadership({
          cluster,
          namespace,
          name: `${clusterName(pipeline)}-watch`,
          identity: `${hostname()}_${randomUUID()}`,
          signal,
          onEvent: tell,
        });
        tell(`watching ${pipeline} in namespace ${namespace} of ${cluster.server}`);
        await leadership.run((leading) =>
          control(
            { cluster, pipeline, namespace, facts: manifest, adaptation: adaptTo, onEvent: tell },
            leading,
          ),
        );
      } finally {
        adaptation.close();
      }
    });
