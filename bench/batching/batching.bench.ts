/**
 * Compares the goodput of plans, each made for its load, with that of the plain way: the same variants, one request at a time.
 * For each way, seeks the highest load at which enough requests keep the SLA. Runs of both ways alternate, so that a drift of the
 * machine affects both alike.
 * `npm run bench:batching -- --pipeline mini-nlp --backend cpu [--json]`.
 */

import { Command } from 'commander';
import { onGpu } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { median } from '../../solver/math/statistics.ts';
import { plan, tryPlan } from '../../solver/plan/planner.ts';
import { type PlanRequest, planRequest } from '../../solver/plan/request.ts';
import * as option from '../../workers/command/options.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { baselinePlan, fastestBaseline, onlyVariants, variantsByTime } from '../comparison/baselines.ts';
import { type BenchFlags, withBenchOptions, withProfile } from '../comparison/bench-options.ts';
import { highestRate } from '../comparison/highest-rate.ts';
import { machineText } from '../setup/machine.ts';

/** The first load of each way, in tenths of its predicted capacity. */
const FIRST_TENTHS = 7;
/**
 * Plans may keep a worker busy all the time. By default they leave a fifth of its time unused, and then the capacities of the two
 * ways could not be compared.
 */
const UTILISATION_MAX = 1;
/** Cores cost nothing, so that a plan does not save any: the plain way, too, has a core for each stage. */
const PRICE_PER_CORE = 0;
const ROUNDS = 3;

const flags = withBenchOptions(
  new Command('bench:batching').description(
    'goodput of a plan against one request at a time, with the same variants',
  ),
  [1, 2, 4, 8, 16],
)
  .option('--duration <duration>', 'how long requests arrive in one run', option.duration, 15)
  .parse()
  .opts<BenchFlags & { readonly duration: number }>();

/** One of the two ways to answer requests. */
interface Way {
  readonly name: 'plan' | 'plain';
  /**
   * For `plan`, the highest rate for which the integer program finds a plan; for `plain`, the rate that keeps the workers busy
   * all the time.
   */
  readonly capacityPerS: number;
  planFor(ratePerS: number): Plan;
}

/** The runs of a way at one rate, a value for each round. */
interface Row {
  readonly way: Way;
  /** The rate in tenths of the way's capacity. */
  readonly tenths: number;
  readonly ratePerS: number;
  readonly plan: Plan;
  readonly goodputs: number[];
  readonly attainments: number[];
  readonly p95s: number[];
  readonly lateP99Ms: number[];
}

function newRow(way: Way, tenths: number): Row {
  const ratePerS = (tenths / 10) * way.capacityPerS;
  const columns = { goodputs: [], attainments: [], p95s: [], lateP99Ms: [] };
  return { way, tenths, ratePerS, plan: way.planFor(ratePerS), ...columns };
}

const keepsSla = ({ plan, attainments }: Row): boolean => median(attainments) >= plan.percentile / 100;

/**
 * The next rate of a way, in tenths of its capacity: one above the highest at which the way keeps the SLA or, if it has kept the
 * SLA at none, one below the lowest tried. Undefined once the highest rate that keeps the SLA is known.
 */
function nextTenths(rows: readonly Row[]): number | undefined {
  if (rows.length === 0) return FIRST_TENTHS;
  const tried = rows.map(({ tenths }) => tenths);
  const kept = rows.filter(keepsSla).map(({ tenths }) => tenths);
  const next = kept.length > 0 ? Math.max(...kept) + 1 : Math.min(...tried) - 1;
  return next === 0 || tried.includes(next) ? undefined : next;
}

/** The highest goodput among the rates at which a way keeps the SLA; 0 if there is none. */
const bestGoodput = (rows: readonly Row[]): number =>
  Math.max(0, ...rows.filter(keepsSla).map(({ goodputs }) => median(goodputs)));

await withProfile(flags, async ({ runner, progress, measured, profile, slaMs }) => {
  const backends = flags.backend;
  const solver = await loadSolver();
  const variants = variantsByTime(profile, 'heaviest', backends);
  const resources = { utilisationMax: UTILISATION_MAX, pricePerCore: PRICE_PER_CORE };
  const at = (ratePerS: number): PlanRequest => ({
    ...planRequest(profile, { slaMs, ratePerS, backends, resources }),
    restrictTo: onlyVariants(variants),
  });
  const highest = highestRate(solver, measured, at);
  const best = plan(solver, measured, at(highest));
  // Near the highest rate, simulation may confirm no plan, and at some low rates batches take too long to fill. The plan for the
  // highest rate then runs.
  const planAt = (ratePerS: number): Plan => {
    const found = tryPlan(solver, measured, at(ratePerS));
    return 'binding' in found || found.predicted.slaAttainment < found.percentile / 100 ? best : found;
  };
  const ways: Way[] = [
    { name: 'plan', capacityPerS: highest, planFor: planAt },
    {
      name: 'plain',
      capacityPerS: 1000 / fastestBaseline(profile, variants, at(1)).meanMs,
      planFor: (ratePerS) =>
        baselinePlan(measured, variants, at(ratePerS), Math.ceil(ratePerS * flags.duration)),
    },
  ];
  const rows: Row[] = [];
  const rowsOf = (way: Way) => rows.filter((row) => row.way === way);
  for (;;) {
    const next = ways.flatMap((way) => {
      const tenths = nextTenths(rowsOf(way));
      return tenths === undefined ? [] : [newRow(way, tenths)];
    });
    if (next.length === 0) break;
    for (let seed = flags.seed; seed < flags.seed + ROUNDS; seed++)
      for (const row of next) {
        const { way, plan, ratePerS } = row;
        const load = constantLoad(ratePerS, flags.duration, seed);
        const report = await runner.run({ name: way.name, plan, backends, load, seed });
        row.goodputs.push(report.result.goodputPerS);
        row.attainments.push(report.result.slaAttainment ?? 0);
        row.p95s.push(report.result.latencyMs.p95 ?? Number.NaN);
        row.lateP99Ms.push(report.load.latenessP99Ms);
      }
    rows.push(...next);
  }
  progress.clear();
  const [planned, plain] = ways.map((way) => bestGoodput(rowsOf(way)));
  if (!planned || !plain)
    throw new Error(`One way kept an SLA of ${ms(slaMs)} ms at no rate. Give a longer --sla.`);
  const ratio = planned / plain;
  const machine = machineText();
  const date = new Date().toISOString();
  if (flags.json)
    console.log(
      JSON.stringify({
        ...{ date, machine, device: profile.device, variants, slaMs, ratio },
        rows: rows.map(({ way, ...row }) => ({ name: way.name, ...row })),
      }),
    );
  else {
    const software =
      profile.device.adapter?.software && backends.some(onGpu) ? ', webgpu on a SOFTWARE ADAPTER' : '';
    console.log(
      `${date}, ${machine}, ${profile.device.agent}${software}\n` +
        `${Object.values(variants).join(' → ')} on ${backends.join(', ')}, SLA ${ms(slaMs)} ms (p95), ${ROUNDS} rounds of ${flags.duration} s\n`,
    );
    console.log(
      table(
        [
          ...['run', 'share of capacity', 'batches', 'requests/s'],
          ...['goodput/s', 'attained', 'p95 ms', 'late p99 ms'],
        ],
        rows.map((row) => [
          row.way.name,
          share(row.tenths / 10),
          row.plan.stages
            .map(({ batch, replicas }) => `${batch}${replicas > 1 ? `×${replicas}` : ''}`)
            .join(' → '),
          row.ratePerS.toFixed(1),
          median(row.goodputs).toFixed(1),
          share(median(row.attainments)),
          ms(median(row.p95s)),
          ms(median(row.lateP99Ms)),
        ]),
      ),
    );
    console.log(`\ngoodput of the plan ÷ that of one request at a time: ${ratio.toFixed(2)}`);
  }
});
