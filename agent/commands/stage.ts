import { Command } from 'commander';
import { parsePlan } from '../../solver/documents/plan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { workerStarter } from '../../workers/executor/start-worker.ts';
import { UnknownStageError } from '../../workers/runtime/errors.ts';
import { HeldStages, heldPart } from '../cluster/stage/held-stages.ts';
import { checkAddress, serve } from '../http/serve.ts';
import { createStageApp } from '../http/stage.ts';
import { openToken } from '../http/token.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { checkPlan, localTarget } from '../service/target.ts';
import { type AddressFlags, addAddressOptions, podAddressOf } from './address.ts';
import { logLine } from './log-line.ts';

interface StageFlags extends AddressFlags {
  readonly plan: string;
  readonly stage: readonly string[];
  readonly manifest?: string;
  readonly modelName?: string;
  readonly tokenFile?: string;
}

/** What to do if this pod's node or image is not the one that the plan was made for. */
const REMEDY =
  'Let pods run only on nodes like the profiled one (--node-selector of ipa-agent apply, nodeSelector of an InferencePipeline) with the ' +
  'profiled models, or profile such a node with this image and plan again.';

export const stageCommand = () =>
  addAddressOptions(
    new Command('stage')
      .description('serve stages of a plan: each pod of a stage runs this')
      .requiredOption('--plan <file>', 'the plan')
      .requiredOption(
        '--stage <name>',
        'a stage of the plan; repeated where several share a pod',
        (name: string, before: readonly string[] = []) => [...new Set([...before, name])],
      )
      .addOption(option.planManifestOption())
      .option('--model-name <name>', 'a second name of the first stage'),
  )
    .option(
      '--token-file <file>',
      'file with the token that PUT /stage/<name> must send (default: IPA_AGENT_TOKEN)',
    )
    .addHelpText(
      'after',
      `
Each stage answers the Open Inference Protocol v2, and runs each request as one batch. The plan must have been made for this
device and these models.

  $ ipa-agent stage --plan plan.json --stage detect --port 8081`,
    )
    .action(async (flags: StageFlags) => {
      const plan = await readJson(flags.plan, parsePlan);
      const planned = flags.stage.map((name) => {
        const found = plan.stages.find((stage) => stage.name === name);
        if (found) return found;
        throw new UnknownStageError(name, plan.stages);
      });
      const token = await openToken(flags.tokenFile);
      const { host, port, names } = podAddressOf(flags);
      await checkAddress(host, port);
      const signal = interruptSignal('letting what was accepted end', logLine);
      const environment = nodeEnvironment({ pod: true });
      const models = await loadModelFolder(option.planManifestPath(plan, flags), signal);
      // The check compares the needed cores with those of this pod, so it gets the plan with only the workers of this pod.
      checkPlan(heldPart(plan, flags.stage), flags.plan, await localTarget(models, environment), REMEDY);
      const held = await HeldStages.start(flags.stage, {
        pipeline: models.pipeline,
        plan,
        startWorker: workerStarter(models, environment),
        signal,
        onEvent: logLine,
      });
      const app = createStageApp(held, { token, alias: flags.modelName, names });
      try {
        await serve(app, held, {
          host,
          port,
          signal,
          onListening: (url) =>
            logLine(`${planned.map(({ variant, batch }) => `${variant} b${batch}`).join(', ')} on ${url}`),
        });
      } finally {
        held.close();
      }
    });
