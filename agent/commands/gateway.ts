import { Command } from 'commander';
import { parsePlan } from '../../solver/documents/plan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { Gateway } from '../cluster/gateway/gateway.ts';
import { replicasIn } from '../cluster/gateway/remembered.ts';
import { createApp } from '../http/app.ts';
import type { PlanChanges } from '../http/plan.ts';
import { checkAddress, serve } from '../http/serve.ts';
import { openToken } from '../http/token.ts';
import { PlanRefusedError } from '../service/errors.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { type AddressFlags, addAddressOptions, podAddressOf } from './address.ts';
import { addEngineOptions, type EngineFlags, openEngine } from './engine.ts';
import { logLine } from './log-line.ts';

interface GatewayFlags extends AddressFlags, EngineFlags {
  readonly plan: string;
  readonly manifest?: string;
  readonly tokenFile?: string;
  readonly remember?: string;
}

/**
 * Milliseconds for which an ending gateway still accepts requests: until the cluster's Service sends it no more requests, and
 * clients have left the connections that they keep.
 */
const LEAVE_MS = 5000;

export const gatewayCommand = () =>
  addEngineOptions(
    addAddressOptions(
      new Command('gateway')
        .description('serve a pipeline whose stages are pods: the pod in front of them runs this')
        .requiredOption('--plan <file>', 'the plan to serve until the cluster reports another one')
        .addOption(option.planManifestOption()),
    )
      .option(
        '--token-file <file>',
        'file with the token that stage pods require for changes (default: IPA_AGENT_TOKEN, then the applied Secret)',
      )
      .option(
        '--remember <file>',
        'keep the addresses of the pods there: a gateway that starts while the cluster does not answer serves with them',
      ),
  )
    .addHelpText(
      'after',
      `
The gateway queues and batches requests as ipa-agent serve does, sends the batches to the pods that are ready, and follows
the plan that is applied. On SIGTERM it serves for 5 s more and closes each connection with its answer, so that clients go to
other gateways.

  $ ipa-agent gateway --plan plan.json --namespace shop`,
    )
    .action(async (flags: GatewayFlags) => {
      const plan = await readJson(flags.plan, parsePlan);
      const own = await openToken(flags.tokenFile);
      const { host, port, names } = podAddressOf(flags);
      await checkAddress(host, port);
      const signal = interruptSignal('letting what was accepted end', logLine);
      const models = await loadModelFolder(option.planManifestPath(plan, flags), signal);
      const engine = await openEngine(flags, models.pipeline);
      const gateway = await Gateway.start({
        engine,
        models,
        plan,
        token: async () => (await own()) ?? engine.stageToken(),
        remembered: flags.remember === undefined ? undefined : replicasIn(flags.remember),
        signal,
        onEvent: logLine,
      });
      try {
        const changes: PlanChanges = {
          token: own,
          checkPlan(_plan, source) {
            throw new PlanRefusedError(
              source,
              ['this gateway follows the plan that is applied'],
              'Apply it: ipa-agent apply.',
            );
          },
        };
        const app = createApp(gateway.service, changes, { names });
        await serve(app, gateway.service, {
          host,
          port,
          signal,
          leaveMs: LEAVE_MS,
          onListening: (url) => logLine(`listening on ${url}`),
        });
      } finally {
        gateway.close();
      }
    });
