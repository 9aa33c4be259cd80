import { Command } from 'commander';
import { parsePlan } from '../../solver/documents/plan.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { workerStarter } from '../../workers/executor/start-worker.ts';
import { replicaPlan } from '../cluster/replica-plan.ts';
import { StageService } from '../cluster/stage/stage-service.ts';
import { serve } from '../http/serve.ts';
import { createStageApp } from '../http/stage.ts';
import { openToken } from '../http/token.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { checkPlan, localTarget } from '../service/target.ts';
import { type AddressFlags, addAddressOptions, podAddressOf } from './address.ts';
import { logLine } from './log-line.ts';

interface StageFlags extends AddressFlags {
  readonly plan: string;
  readonly stage: string;
  readonly manifest?: string;
  readonly modelName?: string;
  readonly tokenFile?: string;
}

export const stageCommand = () =>
  addAddressOptions(
    new Command('stage')
      .description('serve one stage of a plan: each pod of a stage runs this')
      .requiredOption('--plan <file>', 'the plan')
      .requiredOption('--stage <name>', 'the stage of the plan')
      .addOption(option.planManifestOption())
      .option('--model-name <name>', 'a second name of the stage'),
  )
    .option('--token-file <file>', 'token that PUT /stage must send (default: IPA_AGENT_TOKEN)')
    .addHelpText(
      'after',
      `
The stage answers the Open Inference Protocol v2, and runs each request as one batch. The plan must have been made for this
device and these models.

  $ ipa-agent stage --plan plan.json --stage detect --port 8081`,
    )
    .action(async (flags: StageFlags) => {
      const { host, port, names } = podAddressOf(flags);
      const plan = await readJson(flags.plan, parsePlan);
      const planned = plan.stages.find(({ name }) => name === flags.stage);
      if (!planned)
        throw new UsageError(
          `The plan has no stage ${flags.stage}: it has ${plan.stages.map(({ name }) => name).join(', ')}.`,
        );
      const token = await openToken(flags.tokenFile);
      const signal = interruptSignal('letting what was accepted end');
      const environment = nodeEnvironment();
      const models = await loadModelFolder(option.planManifestPath(plan, flags));
      // The check compares cores, so it gets the plan with only this replica, and not with all of the plan's workers.
      const own = {
        ...plan,
        workers: replicaPlan(plan, { [flags.stage]: 1 }).workers.filter(({ stages }) =>
          stages.includes(flags.stage),
        ),
      };
      checkPlan(own, flags.plan, await localTarget(models, environment));
      const service = await StageService.start({
        pipeline: models.pipeline,
        plan,
        stage: flags.stage,
        startWorker: workerStarter(models, environment),
        onEvent: logLine,
      });
      const app = createStageApp(service, { token, alias: flags.modelName, names });
      try {
        await serve(app, service, {
          host,
          port,
          signal,
          onListening: (url) => logLine(`${planned.variant} b${planned.batch} on ${url}`),
        });
      } finally {
        service.close();
      }
    });
