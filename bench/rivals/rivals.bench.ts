/**
 * Runs the plans of IPA, FA2 and RIM, as published and with the options of ipa-edge, for constant loads. Beside each runs the
 * cheapest plan of ipa-edge with the rival's PAS, and the plan of ipa-edge with the highest PAS at the rival's cost. Plans that
 * differ only in their predictions run once. A system that has no plan for a load is left out.
 * `npm run bench:rivals -- --pipeline mini-nlp [--json]`.
 */

import { Command } from 'commander';
import { ifFeasible } from '../../solver/adapt/infeasible.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { loadSolver, type Solver } from '../../solver/ilp/solve.ts';
import { type PlanRequest, planRequest } from '../../solver/plan/request.ts';
import { planVariants } from '../../solver/report/cascade-text.ts';
import * as option from '../../workers/command/options.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { rivalSettings } from '../adaptation/rival-settings.ts';
import { rivals } from '../adaptation/rivals.ts';
import { type BenchFlags, withBenchOptions, withProfile } from '../comparison/bench-options.ts';
import { highestRate } from '../comparison/highest-rate.ts';
import { mostAccurate } from '../comparison/most-accurate.ts';
import { machineText } from '../setup/machine.ts';

/** The loads, as fractions of the highest rate for which ipa-edge has a plan. */
const LOADS = [0.25, 0.5];

const flags = withBenchOptions(
  new Command('bench:rivals').description('plans of IPA, FA2 and RIM against those of ipa-edge, really run'),
  [1, 2, 4, 8],
)
  .option('--duration <duration>', 'how long requests arrive in one run', option.duration, 10)
  .parse()
  .opts<BenchFlags & { readonly duration: number }>();

/** A plan that one or more rivals make, and the two plans of ipa-edge that run beside it. */
interface Compared {
  readonly ratePerS: number;
  /** The systems that make this plan. */
  readonly systems: string[];
  readonly rival: Plan;
  /** The cheapest plan of ipa-edge whose PAS is at least the rival's; undefined if it would cost more than the rival's. */
  readonly atPas: Plan | undefined;
  /** The plan of ipa-edge with the highest PAS that costs no more than the rival's; undefined if there is none. */
  readonly atCost: Plan | undefined;
}

/** Identifies what runs: plans that differ only in their predictions have the same identity. */
const identityOf = ({ ratePerS, stages, workers }: Plan): string =>
  JSON.stringify([ratePerS, stages, workers]);

async function comparedAt(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
): Promise<Compared[]> {
  const { ratePerS } = request;
  const load = { forecast: { medianPerS: ratePerS, p90PerS: ratePerS }, countsPerS: [ratePerS] };
  const found = new Map<string, Compared>();
  for (const system of rivals(solver, measured, rivalSettings(measured.profile, request, ratePerS))) {
    const rival = await ifFeasible(system.plan(load, undefined));
    if (!rival) continue;
    const known = found.get(identityOf(rival));
    if (known) known.systems.push(system.name);
    else {
      const byCores = Array.from({ length: rival.predicted.cost }, (_, i) =>
        mostAccurate(solver, measured, request, i + 1),
      );
      const atPas = byCores.find((plan) => plan && plan.predicted.pas! >= rival.predicted.pas! - 1e-9);
      const one = { ratePerS, systems: [system.name], rival, atPas, atCost: byCores.at(-1) };
      found.set(identityOf(rival), one);
    }
  }
  return [...found.values()];
}

await withProfile(flags, async ({ runner, progress, measured, profile, slaMs }) => {
  const { backend: backends, duration, seed } = flags;
  const solver = await loadSolver();
  const at = (ratePerS: number) => planRequest(profile, { slaMs, ratePerS, backends });
  const highest = highestRate(solver, measured, at);
  const rows: Compared[] = [];
  for (const part of LOADS) rows.push(...(await comparedAt(solver, measured, at(part * highest))));
  const reports = new Map<string, RunReport>();
  for (const { ratePerS, systems, rival, atPas, atCost } of rows)
    for (const [name, plan] of [
      [systems[0]!, rival],
      ['ipa-edge', atPas],
      ['ipa-edge', atCost],
    ] as const) {
      if (!plan || reports.has(identityOf(plan))) continue;
      const load = constantLoad(ratePerS, duration, seed);
      reports.set(identityOf(plan), await runner.run({ name, plan, backends, load, seed }));
    }
  progress.clear();
  const [date, machine] = [new Date().toISOString(), machineText()];
  const reportOf = (plan: Plan | undefined) => plan && reports.get(identityOf(plan))!;
  if (flags.json)
    return console.log(
      JSON.stringify({
        ...{ date, machine, device: profile.device, slaMs, highest },
        rows: rows.map((row) => ({
          ...row,
          runs: [row.rival, row.atPas, row.atCost].map((plan) => reportOf(plan)?.result),
        })),
      }),
    );
  console.log(
    `${date}, ${machine}, ${profile.device.agent}\n` +
      `${backends.join(', ')}, SLA ${ms(slaMs)} ms (p95), runs of ${duration} s; attainments and end-to-end accuracies are measured\n`,
  );
  const figures = (plan: Plan | undefined, value: (plan: Plan) => string): string[] => {
    const report = reportOf(plan);
    if (!plan || !report) return ['–', '–', '–'];
    const { result, load } = report;
    const attained = `${share(result.slaAttainment ?? Number.NaN)}${load.valid ? '' : ' NOT VALID'}`;
    return [value(plan), attained, share(result.accuracy.endToEnd)];
  };
  const cost = ({ predicted }: Plan) => predicted.cost.toFixed(0);
  const pas = ({ predicted }: Plan) => predicted.pas!.toFixed(4);
  console.log(
    table(
      [
        ...['requests/s', 'systems', 'variants', 'PAS', 'cost', 'attained', 'end to end'],
        ...['ipa-edge at that PAS: cost', 'attained', 'end to end'],
        ...['at that cost: PAS', 'attained', 'end to end'],
      ],
      rows.map(({ ratePerS, systems, rival, atPas, atCost }) => [
        ratePerS.toFixed(1),
        systems.join(', '),
        Object.values(planVariants(rival.stages)).join(' → '),
        pas(rival),
        ...figures(rival, cost),
        ...figures(atPas, cost),
        ...figures(atCost, pas),
      ]),
    ),
  );
});
