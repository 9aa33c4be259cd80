import { Command } from 'commander';
import { parsePlan } from '../../solver/documents/plan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { Gateway } from '../cluster/gateway/gateway.ts';
import { readToken } from '../http/token.ts';
import { tokenOf } from '../kubernetes/apply.ts';
import { openCluster } from '../kubernetes/client.ts';
import { PlanRefusedError } from '../service/errors.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { serve } from '../service/serve.ts';
import { addAddressOptions } from './address.ts';
import { namespaceOption } from './cluster.ts';
import { addKubeconfigOptions } from './kubeconfig.ts';

export const gatewayCommand = () =>
  addKubeconfigOptions(
    addAddressOptions(
      new Command('gateway')
        .description('serve a pipeline whose stages are pods of a cluster, as the pod in front of them does')
        .requiredOption('--plan <file>', 'what to run until the cluster tells of another plan')
        .addOption(option.planManifestOption())
        .addOption(namespaceOption()),
    ).option(
      '--token-file <file>',
      'holds what pods are changed with (or IPA_AGENT_TOKEN does; default: the secret that was applied with them)',
    ),
  )
    .addHelpText(
      'after',
      `
It queues and batches as ipa-agent serve does, sends batches to the pods that are ready, and follows the cluster's plan.

  $ ipa-agent gateway --plan plan.json --namespace shop`,
    )
    .action(async (flags) => {
      const plan = await readJson(flags.plan, parsePlan);
      const signal = interruptSignal('letting what was accepted end');
      const { manifest } = await loadModelFolder(option.planManifestPath(plan, flags));
      const tell = (what: string) => console.log(`${new Date().toISOString()} ${what}`);
      const cluster = await openCluster(flags);
      const token =
        (await readToken(flags.tokenFile)) ?? (await tokenOf(cluster, plan.pipeline, flags.namespace));
      const gateway = await Gateway.start({
        cluster,
        namespace: flags.namespace,
        manifest,
        plan,
        token,
        signal,
        onEvent: tell,
      });
      try {
        await serve(gateway.service, {
          host: flags.host,
          port: flags.port,
          signal,
          token: undefined,
          checkPlan(_plan, source) {
            throw new PlanRefusedError(source, ['the cluster has the plan'], 'Apply it: ipa-agent apply.');
          },
          onListening: (url) => tell(`listening on ${url}`),
        });
      } finally {
        gateway.close();
      }
    });
