/**
 * Compares cascade plans with plans of single variants: at the accuracy of the best single variants, and at the cost of the
 * cascade. Every plan runs on held-out labelled items, on which no threshold was chosen; `models/train/make.py fashion held-out`
 * makes them.
 * `npm run bench:cascades -- --held-out held-out.bin --backend cpu [--json]`.
 */

import { cp, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { sha256Hex } from '../../models/manifests/load.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { escalationSentences, planVariants } from '../../solver/report/cascade-text.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { writeJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { type BenchFlags, profileBy, withBenchOptions } from '../comparison/bench-options.ts';
import { mostAccurate } from '../comparison/most-accurate.ts';
import { withRunner } from '../runner/runner.ts';
import { benchFolder } from '../setup/folder.ts';
import { machineText } from '../setup/machine.ts';

/** A plan may be less accurate than the best single variants by at most this. */
const SLACK = 0.005;
/** The highest rate of one core is sought to within this factor. */
const STEP = 1.02;
/** A plan may hold at most this many cores. */
const CORES = 16;

const flags = withBenchOptions(
  new Command('bench:cascades').description(
    'plans with cascades against plans of single variants, on held-out items',
  ),
  [1, 2, 4, 8],
)
  .requiredOption('--held-out <file>', 'labelled pack of items that chose no threshold')
  .option('--duration <duration>', 'how long requests arrive in one run', option.duration, 15)
  .parse()
  .opts<BenchFlags & { readonly heldOut: string; readonly duration: number }>();

/** Copies the pipeline's folder with the held-out pack in place of its own. @returns path of the manifest */
async function withHeldOut(manifestPath: string, folder: string): Promise<string> {
  const copy = join(folder, 'pipeline');
  await cp(dirname(manifestPath), copy, { recursive: true });
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8'));
  await cp(flags.heldOut, join(copy, manifest.pack.file));
  const sha256 = await sha256Hex(await readFile(flags.heldOut));
  const path = join(copy, 'manifest.json');
  await writeJson(path, { ...manifest, pack: { ...manifest.pack, sha256, source: 'held-out items' } });
  return path;
}

/** Returns functions that find the most accurate plan for a rate, the cheapest of an accuracy, and one core's highest rate. */
async function plannerOf(measured: IdentifiedProfile, backends: readonly Backend[], slaMs: number) {
  const solver = await loadSolver();
  const best = (ratePerS: number, cores: number, cascades: boolean): Plan | undefined => {
    const request = { slaMs, ratePerS, backends, cascades, downshift: false };
    return mostAccurate(solver, measured, planRequest(measured.profile, request), cores);
  };
  return {
    mostAccurate: best,
    /** The plan on the fewest cores that has at least this accuracy; undefined if {@link CORES} are too few. */
    cheapest(ratePerS: number, accuracy: number, cascades: boolean): Plan | undefined {
      for (let cores = 1; cores <= CORES; cores++) {
        const found = best(ratePerS, cores, cascades);
        if (found && accuracyOf(found) >= accuracy) return found;
      }
      return undefined;
    },
    /** The highest rate for which one core has a plan of at least this accuracy, to within {@link STEP}; 0 if below 1/s. */
    highest(accuracy: number, cascades: boolean): number {
      const carries = (ratePerS: number) => {
        const found = best(ratePerS, 1, cascades);
        return found !== undefined && accuracyOf(found) >= accuracy;
      };
      let [low, high] = [0, 1];
      while (carries(high)) [low, high] = [high, 2 * high];
      while (low > 0 && high / low > STEP) {
        const middle = Math.sqrt(low * high);
        if (carries(middle)) low = middle;
        else high = middle;
      }
      return low;
    },
  };
}

/** End-to-end accuracy that a plan predicts. */
const accuracyOf = ({ predicted }: Plan): number => predicted.endToEnd ?? predicted.pas!;

async function compare(folder: string): Promise<void> {
  const manifestPath = option.manifestPath(flags);
  const where = { out: join(folder, 'profile.json'), signal: interruptSignal() };
  const backends = flags.backend;
  const { measured, profile, slaMs } = await withRunner(backends, { ...where, manifestPath }, ({ runner }) =>
    profileBy(runner, flags),
  );
  const planner = await plannerOf(measured, backends, slaMs);
  const best = planner.mostAccurate(1, CORES, false);
  if (!best) throw new Error(`No plan keeps an SLA of ${ms(slaMs)} ms. Give a longer --sla.`);
  const least = accuracyOf(best) - SLACK;
  const rates = { cascade: planner.highest(least, true), single: planner.highest(least, false) };
  const ratePerS = rates.cascade;
  const rows = [
    { name: 'cascade', plan: planner.cheapest(ratePerS, least, true) },
    { name: 'single-as-accurate', plan: planner.cheapest(ratePerS, least, false) },
    { name: 'single-as-cheap', plan: planner.mostAccurate(ratePerS, 1, false) },
  ].flatMap(({ name, plan: found }) => (found ? [{ name, plan: found }] : []));
  const heldOut = { ...where, manifestPath: await withHeldOut(manifestPath, folder) };
  const runs = await withRunner(backends, heldOut, async ({ runner }) => {
    const reports = [];
    for (const { name, plan: run } of rows) {
      const load = constantLoad(ratePerS, flags.duration, flags.seed);
      reports.push(await runner.run({ name, plan: run, backends, load, seed: flags.seed }));
    }
    return reports;
  });
  const [date, machine] = [new Date().toISOString(), machineText()];
  if (flags.json)
    return console.log(
      JSON.stringify({ date, machine, device: profile.device, slaMs, ratePerS, rates, rows, runs }),
    );
  console.log(
    `${date}, ${machine}, ${profile.device.agent}\n` +
      `${backends.join(', ')}, SLA ${ms(slaMs)} ms (p95); the best single variants predict ${share(accuracyOf(best))} end to end; ` +
      `within ${SLACK} of that, one core carries ${rates.cascade.toFixed(1)} requests/s with a cascade and ${rates.single.toFixed(1)} ` +
      `without: × ${(rates.cascade / rates.single).toFixed(2)}\n\n${ratePerS.toFixed(1)} requests/s for ${flags.duration} s on held-out items:`,
  );
  console.log(
    table(
      ['plan', 'variants', 'cost', 'end to end', 'predicted', 'attainment', 'predicted', ''],
      rows.map(({ name, plan: { stages: planned, predicted } }, i) => {
        const { result, load } = runs[i]!;
        return [
          name,
          Object.values(planVariants(planned)).join(' → '),
          predicted.cost.toFixed(2),
          share(result.accuracy.endToEnd),
          share(predicted.endToEnd),
          share(result.slaAttainment ?? Number.NaN),
          share(predicted.slaAttainment),
          load.valid ? '' : 'NOT VALID',
        ];
      }),
    ),
  );
  console.log(`\n${escalationSentences(runs[0]!).join('\n')}`);
}

await compare(benchFolder());
