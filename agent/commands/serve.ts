import { Command, Option } from 'commander';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { planChanges } from '../../solver/plan/replan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { needing } from '../../workers/command/needs.ts';
import * as option from '../../workers/command/options.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { table } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { workerStarter } from '../../workers/executor/start-worker.ts';
import { createApp } from '../http/app.ts';
import type { PlanChanges } from '../http/plan.ts';
import { checkAddress, serve } from '../http/serve.ts';
import { openToken } from '../http/token.ts';
import { followServing } from '../service/follow-serving.ts';
import { initialPlan } from '../service/initial-plan.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import type { InitialPlanOptions } from '../service/own-profile.ts';
import type { Replanner } from '../service/replanner.ts';
import { Service } from '../service/service.ts';
import { checkPlan, localTarget } from '../service/target.ts';
import { type AddressFlags, addAddressOptions, addressOf } from './address.ts';
import { logLine } from './log-line.ts';

interface ServeFlags extends InitialPlanOptions, AddressFlags, option.AdaptationFlags {
  readonly manifest?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export const serveCommand = () =>
  addAddressOptions(
    new Command('serve')
      .description('run a plan on this machine and answer over HTTP: Open Inference Protocol v2, and metrics')
      .requiredOption('--plan <file>', 'the plan')
      .addOption(option.planManifestOption())
      .option('--replan', 'plan again if the plan was made for another machine or other models')
      .addOption(
        needing(
          new Option(
            '--profile <file>',
            'the profile to plan on (default: the one that --replan has kept beside the plan or, with --adapt, profile.json there)',
          ),
          '--replan',
          '--adapt',
        ),
      )
      .addOption(
        needing(
          new Option('--budget <duration>', 'time for measuring').argParser(option.duration).default(120),
          '--replan',
        ),
      )
      .option('--adapt', 'plan again as the load changes')
      .addOption(needing(option.intervalOption(), '--adapt'))
      .addOption(needing(option.predictorOption(), '--adapt'))
      .addOption(needing(option.minRateOption(), '--adapt')),
  )
    .option('--token-file <file>', 'file with the token that PUT /plan must send (default: IPA_AGENT_TOKEN)')
    .option('--json', 'report events as JSON, one object a line')
    .addHelpText(
      'after',
      `
Ctrl-C, SIGTERM or a closed terminal ends the agent when the requests that it accepted have ended; a second Ctrl-C or SIGTERM
ends it at once. To serve on without the terminal, start it with setsid or as a service: Node undoes nohup.

  $ ipa-agent serve --plan plan.json
  $ ipa-agent serve --plan from-elsewhere.json --replan --adapt
  $ curl -X PUT -H "Authorization: Bearer $(cat token)" -H "Content-Type: application/json" --data @other.json \\
      http://127.0.0.1:8080/plan

Clients ask what a pipeline takes and gives, and send items. The pipeline mail takes texts. The pipeline fashion takes pictures:
the bytes of their pixels, here of a black one, follow the JSON, and a header states the length of the JSON.

  $ curl http://127.0.0.1:8080/v2/models/mail
  $ curl http://127.0.0.1:8080/v2/models/mail/infer -H "Content-Type: application/json" --data \\
      '{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["Claim your free prize now!"]}]}'

  $ JSON='{"inputs": [{"name": "images", "datatype": "UINT8", "shape": [1, 1, 128, 128],
      "parameters": {"binary_data_size": 16384}}]}'
  $ (printf %s "$JSON"; head -c 16384 /dev/zero) | curl http://127.0.0.1:8080/v2/models/fashion/infer \\
      -H "Content-Type: application/octet-stream" -H "Inference-Header-Content-Length: \${#JSON}" --data-binary @-

The agent answers only to its address, to localhost and to names given with --host. Otherwise a web page could point its own
host name at the agent and read from it (DNS rebinding).

  $ ipa-agent serve --plan plan.json --host 0.0.0.0 --host box.example`,
    )
    .action(async (flags: ServeFlags) => {
      const given = await readJson(flags.plan, parsePlan);
      const token = await openToken(flags.tokenFile);
      const { host, port, names } = addressOf(flags);
      await checkAddress(host, port);
      const manifestPath = option.planManifestPath(given, flags);
      const report = flags.json ? reportJson : reportText;
      const signal = interruptSignal('letting what was accepted end', (what) =>
        report({ event: 'ending', what }),
      );
      const environment = nodeEnvironment();
      const models = await loadModelFolder(manifestPath, signal);
      const target = await localTarget(models, environment);
      const { plan, profile } = await initialPlan(given, models, target, flags, signal);
      report({ event: 'plan', plan, replaces: plan === given ? null : given });
      const replanner = profile && (await openReplanner(profile, flags));
      try {
        const service = await Service.start({
          pipeline: models.pipeline,
          plan,
          startWorker: workerStarter(models, environment),
          signal,
          adaptationFor: replanner && ((current) => replanner.adaptationFor(current)),
          onEvent: (what) => report({ event: 'worker', what }),
        });
        try {
          const changes: PlanChanges = {
            token,
            checkPlan(sent, source) {
              checkPlan(sent, source, target);
              replanner?.check(sent, source);
            },
          };
          await serve(createApp(service, changes, { names }), service, {
            host,
            port,
            signal,
            onListening(url) {
              report({ event: 'listening', url });
              if (!replanner) return;
              const onCounts: Parameters<typeof followServing>[1] = (...seen) => {
                for (const what of replanner.correct(...seen)) report({ event: 'worker', what });
              };
              void followServing(service, onCounts, signal);
            },
          });
        } finally {
          service.close();
        }
        report({ event: 'ended' });
      } finally {
        replanner?.close();
      }
    });

/** Opens a replanner. Loads the planner only here, because an agent that does not follow the load starts sooner without it. */
const openReplanner = async (...args: Parameters<typeof Replanner.open>): Promise<Replanner> =>
  (await import('../service/replanner.ts')).Replanner.open(...args);

type ServeEvent =
  | { readonly event: 'plan'; readonly plan: Plan; readonly replaces: Plan | null }
  | { readonly event: 'worker' | 'ending'; readonly what: string }
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'ended' };

function reportJson(event: ServeEvent): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), ...event }));
}

function reportText(event: ServeEvent): void {
  if (event.event === 'plan') {
    if (event.replaces) {
      const changes = planChanges(event.replaces, event.plan);
      console.log('planned again for this machine:');
      console.log(
        `${table(
          ['', 'plan given', 'plan here'],
          changes.map(({ what, before, after }) => [what, before, after]),
        )}\n`,
      );
    }
    console.log(`${planText(event.plan)}\n`);
  } else if (event.event === 'listening') logLine(`listening on ${event.url}`);
  else if (event.event === 'ended') logLine('ended; every request that was accepted has been answered');
  else logLine(event.what);
}
