/**
 * Compares the simulator with real headless runs at several rates, batches and backends. Each run is simulated twice with its
 * arrivals and items: with its own service times, and with those of a profile.
 * `npm run bench:simulator [-- --profile F --shedding late --json]`.
 */

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { requestOutcomes } from '../../solver/report/run-result.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { type Opened, withRunner } from '../runner/runner.ts';
import { benchFolder } from '../setup/folder.ts';
import { machineText } from '../setup/machine.ts';
import { busiestShare, planAt, type Setting, simulated } from './plans.ts';
import { errorTable, type Row } from './table.ts';

const WASM = { backend: 'wasm', variants: ['det16', 'res32'], durationS: 25 } as const;
/** The variants are light, because a software adapter would serve too few requests with heavier ones. */
const WEBGPU = { backend: 'webgpu', variants: ['det4', 'linear'], durationS: 40 } as const;
const SETTINGS: readonly Setting[] = [
  { ...WASM, utilisation: 0.4, batch: 1 },
  { ...WASM, utilisation: 0.6, batch: 4 },
  { ...WASM, utilisation: 0.8, batch: 8 },
  { ...WEBGPU, utilisation: 0.4, batch: 1 },
  { ...WEBGPU, utilisation: 0.6, batch: 2 },
  { ...WEBGPU, utilisation: 0.8, batch: 4 },
];
/** Percentile of the simulated latencies to use as the SLA, so that attainment is below 1. */
const SLA_AT = 94;

const flags = new Command('bench:simulator')
  .description('the simulator against real runs')
  .option(
    '--profile <file>',
    'a profile of fashion on webgpu and wasm at batches 1, 2, 4, 8 (default: measures one)',
  )
  .option('--budget <duration>', 'time for measuring it', option.duration, 60)
  .addOption(
    new Option('--shedding <kind>', 'whether the plans shed late requests')
      .choices(['never', 'late'])
      .default('never'),
  )
  .option('--seed <n>', 'seed of the random arrivals and items', option.integer, 1)
  .option('--json', 'print the measurements as JSON')
  .parse()
  .opts();

const manifestPath = option.manifestPath({ pipeline: 'fashion' });
const where = { manifestPath, out: join(benchFolder(), 'profile.json'), signal: interruptSignal() };
await withRunner(['webgpu', 'wasm'], where, compare);

async function compare({ runner, progress }: Opened): Promise<void> {
  const measured = flags.profile
    ? await readJson(flags.profile, parseIdentified)
    : await runner.profile({
        backends: ['webgpu', 'wasm'],
        threads: [1],
        batches: [1, 2, 4, 8],
        budgetS: flags.budget,
        seed: flags.seed,
        // The SLA is long, so that no sweep over the batch sizes ends because of it.
        slaMs: 60_000,
      });
  const { profile } = measured;
  const rows: Row[] = [];
  for (const setting of SETTINGS) {
    const plan = planAt(measured, setting, flags.shedding);
    const { ratePerS } = plan(1);
    const load = constantLoad(ratePerS, setting.durationS, flags.seed);
    const open = { ...plan(1e6), shedding: 'never' } as const;
    const latencies = sortedNumbers(
      simulated(open, profile, load, flags.seed).requests.flatMap(({ latencyMs }) => latencyMs ?? []),
    );
    const chosen = plan(nearestRank(latencies, SLA_AT));
    const { backend } = setting;
    const report = await runner.run({
      name: 'simulator',
      plan: chosen,
      backends: [backend],
      load,
      seed: flags.seed,
    });
    const fromProfile = requestOutcomes(
      simulated(chosen, profile, load, flags.seed).requests,
      chosen.slaMs,
      load.durationS,
    );
    rows.push({
      ...setting,
      batches: chosen.stages.map((stage) => stage.batch),
      ratePerS,
      slaMs: chosen.slaMs,
      requests: report.load.requests,
      latenessP99Ms: report.load.latenessP99Ms,
      valid: report.load.valid,
      busiest: busiestShare(report),
      measured: { p95: report.result.latencyMs.p95, attainment: report.result.slaAttainment! },
      own: { p95: report.resimulated?.p95 ?? null, attainment: report.resimulated?.slaAttainment ?? 0 },
      profile: { p95: fromProfile.latencyMs?.p95 ?? null, attainment: fromProfile.slaAttainment! },
    });
  }
  progress.clear();
  const machine = machineText();
  const date = new Date().toISOString();
  if (flags.json) console.log(JSON.stringify({ date, machine, device: profile.device, rows }));
  else
    console.log(
      `${date}, ${machine}, ${profile.device.agent}` +
        `${profile.device.adapter?.software ? ', webgpu on a SOFTWARE ADAPTER' : ''}, shedding ${flags.shedding}\n\n` +
        errorTable(rows),
    );
}
