/**
 * Measures how much goodput downshift gains in a sudden burst of three times the planned rate, and how much accuracy it costs:
 * real runs and simulations of a plan with downshift and without. Runs of both alternate, so that a drift of the machine affects
 * both alike. `npm run bench:downshift -- --pipeline fashion --backend cpu [--json]`.
 */

import { Command } from 'commander';
import type { RequestRecord } from '../../solver/documents/run-report.ts';
import { parseTrace } from '../../solver/documents/trace.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { median, sum } from '../../solver/math/statistics.ts';
import { plan } from '../../solver/plan/planner.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { escalationSentences, planVariants, variantSentences } from '../../solver/report/cascade-text.ts';
import { downshiftFactor, lighterAnswers } from '../../solver/report/downshift.ts';
import * as option from '../../workers/command/options.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { traceLoad } from '../../workers/executor/load.ts';
import { type BenchFlags, withBenchOptions, withProfile } from '../comparison/bench-options.ts';
import { highestRate } from '../comparison/highest-rate.ts';
import { machineText } from '../setup/machine.ts';
import { simulated } from '../simulator/plans.ts';

/** The rate of the burst, as a multiple of the planned rate. */
const TIMES = 3;
/** Seconds of load at the planned rate before the burst, and again after it. */
const CALM_S = 5;
const BURST_S = 5;
const ROUNDS = 3;

const flags = withBenchOptions(
  new Command('bench:downshift').description('goodput and accuracy in a burst, with and without downshift'),
  [1, 2, 4, 8],
)
  .option(
    '--rate <n>',
    'requests per second that are planned for (default: a third of the highest feasible rate, so that the lightest variants bear the burst)',
    option.rate,
  )
  .parse()
  .opts<BenchFlags & { readonly rate?: number }>();

/** Requests of the burst that were answered in time, per second. */
function goodputInBurst(requests: readonly RequestRecord[], slaMs: number): number {
  const [fromMs, toMs] = [1000 * CALM_S, 1000 * (CALM_S + BURST_S)];
  const inTime = requests.filter(
    ({ arrivalMs, latencyMs }) =>
      arrivalMs >= fromMs && arrivalMs < toMs && latencyMs !== null && latencyMs <= slaMs,
  );
  return inTime.length / BURST_S;
}

await withProfile(flags, async ({ runner, progress, measured, profile, slaMs }) => {
  const backends = flags.backend;
  const solver = await loadSolver();
  const at = (ratePerS: number, downshift = false) =>
    planRequest(profile, { slaMs, ratePerS, backends, downshift });
  const ratePerS = flags.rate ?? highestRate(solver, measured, at) / TIMES;
  const ways = [true, false].map((downshift) => ({
    name: downshift ? 'downshift' : 'no-downshift',
    plan: plan(solver, measured, at(ratePerS, downshift)),
    measured: [] as number[],
    simulated: [] as number[],
    accuracies: [] as (number | null)[],
    predictedAccuracies: [] as (number | null)[],
    shed: [] as number[],
    lighter: [] as number[],
    simulatedLighter: [] as number[],
    sentences: [] as string[],
  }));
  const rates = [...Array(CALM_S).fill(1), ...Array(BURST_S).fill(TIMES), ...Array(CALM_S).fill(1)];
  const burst = parseTrace({ rates }, 'burst');
  for (let seed = flags.seed; seed < flags.seed + ROUNDS; seed++) {
    const load = traceLoad(burst, ratePerS, seed, 'poisson');
    for (const way of ways) {
      const report = await runner.run({ name: way.name, plan: way.plan, backends, load, seed });
      const { accuracy, shed } = report.result;
      const expected = report.predicted.endToEnd;
      way.measured.push(goodputInBurst(report.requests, slaMs));
      const { requests, downshifted } = simulated(way.plan, profile, load, seed);
      way.simulated.push(goodputInBurst(requests, slaMs));
      way.lighter.push(lighterAnswers(report));
      way.simulatedLighter.push(sum(downshifted));
      way.accuracies.push(accuracy.endToEnd);
      way.predictedAccuracies.push(expected === null ? null : expected * downshiftFactor(report));
      way.shed.push(shed);
      way.sentences = escalationSentences(report);
    }
  }
  progress.clear();
  const of = (key: 'measured' | 'simulated') => median(ways[0]![key]) / median(ways[1]![key]);
  const ratio = { measured: of('measured'), simulated: of('simulated') };
  const date = new Date().toISOString();
  const machine = machineText();
  if (flags.json)
    return console.log(
      JSON.stringify({ date, machine, device: profile.device, slaMs, ratePerS, ratio, ways }),
    );
  const middle = (values: readonly (number | null)[]) => median(values.map((value) => value ?? Number.NaN));
  const [{ plan: shown, sentences }] = ways as [(typeof ways)[number]];
  console.log(
    `${date}, ${machine}, ${profile.device.agent}\n` +
      `${Object.values(planVariants(shown.stages)).join(' → ')} on ${backends.join(', ')}, SLA ${ms(slaMs)} ms (p${shown.percentile}); ` +
      `${ratePerS.toFixed(1)} requests/s for ${CALM_S} s, ${TIMES} times as many for ${BURST_S} s, then ${ratePerS.toFixed(1)} again; ${ROUNDS} rounds\n` +
      `${variantSentences(shown.stages).join('\n')}\n`,
  );
  console.log(
    table(
      [
        ...['run', 'goodput/s in the burst', 'simulated', 'shed in all'],
        ...['answered by lighter variants', 'simulated', 'accuracy, whole run', 'predicted'],
      ],
      ways.map((way) => [
        way.name,
        median(way.measured).toFixed(1),
        median(way.simulated).toFixed(1),
        String(median(way.shed)),
        String(median(way.lighter)),
        String(median(way.simulatedLighter)),
        share(middle(way.accuracies)),
        share(middle(way.predictedAccuracies)),
      ]),
    ),
  );
  console.log(`\n${sentences.join('\n')}`);
  console.log(
    `\ngoodput in the burst, with downshift ÷ without: ${ratio.measured.toFixed(2)}, simulated: ${ratio.simulated.toFixed(2)}`,
  );
});
