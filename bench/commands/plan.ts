import { Command, Option } from 'commander';
import { keepsSla, type Plan } from '../../solver/documents/plan.ts';
import { frontiers } from '../../solver/frontier/cascade-gains.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { attainmentFigure, requestsPerS, slaText } from '../../solver/math/figures.ts';
import { plan } from '../../solver/plan/planner.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { packNote } from '../../solver/report/pack-note.ts';
import { checkWritable, readJson, writeJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { frontierText } from './tables.ts';

const BYTES_PER_MIB = 2 ** 20;

export const planCommand = () =>
  option
    .withPlanning(
      new Command('plan')
        .description(
          'choose variant, backend, batch size and replicas of each stage for an SLA and an arrival rate',
        )
        .requiredOption('--profile <file>', 'the profile to plan on')
        .requiredOption('--sla <ms>', 'bound on the end-to-end latency at --percentile', option.positive)
        .requiredOption('--rate <n>', 'requests per second', option.rate),
    )
    .option('--backend <list>', 'use only these backends (default: all that were measured)', option.backends)
    .option(
      '--gpus <n>',
      "GPUs that the plan may hold; its stages share one (default: those of the profile's device)",
      option.notNegative,
    )
    .option(
      '--memory <MiB>',
      "memory for the models of all replicas and of their standbys, by the sizes of the models' files (default: unlimited)",
      option.positive,
    )
    .option('--no-cascades', 'plan one variant for each stage, and no cascades')
    .option('--no-downshift', 'shed requests in a burst, rather than answer them with lighter variants')
    .addOption(
      new Option(
        '--body <form>',
        'how requests to the agent carry their items: as bytes after a JSON header (binary), or in JSON, which costs several times as much',
      )
        .choices(['binary', 'json'])
        .default('binary'),
    )
    .option(
      '--frontier',
      'also print every Pareto-best choice of accuracy, cost and latency, and what cascades gain',
    )
    .option('--out <file>', 'file to write the plan to', option.outFile)
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
The plan is the exact optimum of an integer program. A simulation with the measured samples checks it.

  $ ipa-edge plan --profile profile.json --sla 300 --rate 5 --out plan.json
  $ ipa-edge plan --profile profile.json --sla 300 --rate 5 --beta 0.05 --frontier`,
    )
    .action(async (options) => {
      const measured = await readJson(options.profile, parseIdentified);
      if (options.out) await checkWritable(options.out);
      const { profile } = measured;
      const request = planRequest(profile, {
        slaMs: options.sla,
        ratePerS: options.rate,
        percentile: options.percentile,
        ...(options.backend && { backends: options.backend }),
        cascades: options.cascades,
        downshift: options.downshift,
        body: options.body,
        objective: {
          alpha: options.alpha,
          beta: options.beta,
          delta: options.delta,
          accuracy: options.accuracy,
        },
        resources: {
          ...(options.cores !== undefined && { cores: options.cores }),
          ...(options.gpus !== undefined && { gpus: options.gpus }),
          ...(options.memory !== undefined && { memoryBytes: Math.ceil(options.memory * BYTES_PER_MIB) }),
        },
      });
      const solver = await loadSolver();
      const chosen = named('planning', () => plan(solver, measured, request));
      if (options.out) await writeJson(options.out, chosen);
      const note = packNote(profile.pack);
      // The plan is shown before the frontier is computed, which may take long.
      if (!options.json) console.log([planText(chosen), note].filter(Boolean).join('\n\n'));
      const found = options.frontier && named('finding the frontier', () => frontiers(profile, request));
      if (options.json) console.log(JSON.stringify(found ? { plan: chosen, ...found } : chosen));
      else if (found) console.log(`\n${frontierText(found, chosen)}`);
      if (options.out && !options.json) console.log(`\nwrote ${options.out}`);
      if (!keepsSla(chosen)) throw new UnconfirmedPlanError(chosen);
    });

/** Names work on stderr while it lasts, because a large profile takes it seconds. */
function named<T>(what: string, work: () => T): T {
  const progress = new ProgressLine();
  progress.line(() => what);
  try {
    return work();
  } finally {
    progress.clear();
  }
}

/** The plan does not keep the SLA in the simulation. */
class UnconfirmedPlanError extends Error {
  override name = 'UnconfirmedPlanError';
  constructor({ slaMs, ratePerS, percentile, predicted }: Plan) {
    super(
      `In a simulation at ${requestsPerS(ratePerS)}, the plan answers ${(100 * attainmentFigure(predicted.slaAttainment, 3)).toFixed(1)} % of the requests ` +
        `within ${slaText(slaMs)}; ${percentile} % are required. Lower --rate, or allow a longer --sla or more --cores.`,
    );
  }
}
