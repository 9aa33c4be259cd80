import { Command } from 'commander';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { planChanges } from '../../solver/plan/replan.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { table } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { recruiter } from '../../workers/executor/crew.ts';
import { readToken } from '../http/token.ts';
import { Adaptation } from '../service/adaptation.ts';
import { type SettleOptions, settle } from '../service/initial-plan.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { checkPlan, placeHere } from '../service/place.ts';
import { serve } from '../service/serve.ts';
import { Service } from '../service/service.ts';
import { addAddressOptions } from './address.ts';

interface ServeFlags extends SettleOptions, option.AdaptationFlags {
  readonly manifest?: string;
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export const serveCommand = () =>
  addAddressOptions(
    new Command('serve')
      .description('run a plan on this machine and answer over HTTP: Open Inference Protocol v2, and metrics')
      .requiredOption('--plan <file>', 'what to run')
      .addOption(option.planManifestOption())
      .option('--replan', 'where the plan is of another machine or other models: plan again for this one')
      .option(
        '--profile <file>',
        'what --replan and --adapt plan on (default: what is kept beside the plan; --replan makes it)',
      )
      .option('--budget <duration>', 'with --replan: time for measuring', option.duration, 120)
      .option('--adapt', 'plan again as the load changes')
      .addOption(option.intervalOption('with --adapt: '))
      .addOption(option.predictorOption('with --adapt: '))
      .addOption(option.minRateOption('with --adapt: ')),
  )
    .option('--token-file <file>', 'holds what PUT /plan must bring (or IPA_AGENT_TOKEN does)')
    .option('--json', 'tell what happens as JSON, one object a line')
    .addHelpText(
      'after',
      `
Ctrl-C or SIGTERM lets the requests that were accepted end first; a second one ends it at once.

  $ ipa-agent serve --plan plan.json
  $ ipa-agent serve --plan from-elsewhere.json --replan --adapt
  $ curl http://127.0.0.1:8080/v2/models/fashion
  $ curl -X PUT -H "Authorization: Bearer $(cat token)" --data @other.json http://127.0.0.1:8080/plan`,
    )
    .action(async (flags: ServeFlags) => {
      const given = await readJson(flags.plan, parsePlan);
      const token = await readToken(flags.tokenFile);
      const manifestPath = option.planManifestPath(given, flags);
      const signal = interruptSignal('letting what was accepted end');
      const tell = flags.json ? tellJson : tellText;
      const environment = nodeEnvironment();
      const models = await loadModelFolder(manifestPath);
      const place = await placeHere(models, environment);
      const { plan, profile } = await settle(given, models, place, flags, signal);
      tell({ event: 'plan', plan, replaces: plan === given ? null : given });
      const adaptation = profile && (await Adaptation.open(profile, flags));
      try {
        const service = await Service.start({
          pipeline: models.pipeline,
          plan,
          recruit: recruiter(models, environment),
          adaptation: adaptation && ((serving) => adaptation.of(serving)),
          onEvent: (what) => tell({ event: 'worker', what }),
        });
        try {
          await serve(service, {
            host: flags.host,
            port: flags.port,
            signal,
            token,
            checkPlan(asked, source) {
              checkPlan(asked, source, place);
              adaptation?.check(asked, source);
            },
            onListening: (url) => tell({ event: 'listening', url }),
          });
        } finally {
          service.close();
        }
        tell({ event: 'ended' });
      } finally {
        adaptation?.close();
      }
    });

type Told =
  | { readonly event: 'plan'; readonly plan: Plan; readonly replaces: Plan | null }
  | { readonly event: 'worker'; readonly what: string }
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'ended' };

function tellJson(told: Told): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), ...told }));
}

function tellText(told: Told): void {
  const line = (text: string) => console.log(`${new Date().toISOString()} ${text}`);
  if (told.event === 'plan') {
    if (told.replaces) {
      const changes = planChanges(told.replaces, told.plan);
      console.log('planned again for this machine:');
      console.log(
        `${table(
          ['', 'plan given', 'plan here'],
          changes.map(({ what, before, after }) => [what, before, after]),
        )}\n`,
      );
    }
    console.log(`${planText(told.plan)}\n`);
  } else if (told.event === 'listening') line(`listening on ${told.url}`);
  else if (told.event === 'ended') line('ended; every request that was accepted has been answered');
  else line(told.what);
}
