/**
 * Compares the simulator with real headless runs at several rates, batches and backends. Each run is simulated twice with its
 * arrivals and items: with its own service times, and with those of a profile.
 * `npm run bench:simulator [-- --profile F --shedding late --json]`.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { policyOf, workersOf } from '../../solver/dispatch/plan.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { median, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { planOptions } from '../../solver/plan/options.ts';
import { planHead, planStage, planWorkers } from '../../solver/plan/plan-document.ts';
import { completePlan } from '../../solver/plan/planner.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { requestOutcomes } from '../../solver/report/run-result.ts';
import { drawPackItems, packItemCounts } from '../../solver/simulate/fanout.ts';
import { serviceFromProfile } from '../../solver/simulate/service.ts';
import { simulate } from '../../solver/simulate/simulate.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import { constantLoad, type Load } from '../../workers/executor/load.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { withRunner } from '../runner/runner.ts';

interface Setting {
  readonly backend: Backend;
  readonly variants: readonly [string, string];
  /** Batch size. If it was not measured, the largest measured size below it is used. */
  readonly batch: number;
  /** Utilisation of the busiest worker, by the profile, if all batches are full. */
  readonly utilisation: number;
  readonly durationS: number;
}

const WASM = { backend: 'wasm', variants: ['det16', 'res32'], durationS: 25 } as const;
/** Light variants, because a software adapter would serve too few requests with heavier ones. */
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
const TARGET = { p95: 0.15, attainment: 0.03 };

const flags = new Command('bench:simulator')
  .description('the simulator against real runs')
  .option(
    '--profile <file>',
    'of the fashion pipeline on webgpu and wasm at batches 1, 2, 4, 8; else it is measured',
  )
  .option('--budget <duration>', 'time for measuring it', option.duration, 60)
  .addOption(new Option('--shedding <kind>').choices(['never', 'late']).default('never'))
  .option('--seed <n>', 'of arrivals and items', option.integer, 1)
  .option('--json', 'print the measurements as JSON')
  .parse()
  .opts();

/** Makes a plan with a setting's variants and batch, at the rate for its utilisation. @returns a function of the SLA */
function planAt({ profile, sha256 }: IdentifiedProfile, setting: Setting) {
  const { backend, batch, utilisation } = setting;
  const variants = Object.fromEntries(profile.stages.map(({ name }, s) => [name, [setting.variants[s]!]]));
  const measured = profile.cells.filter(
    (cell) =>
      cell.state === 'measured' &&
      cell.backend === backend &&
      cell.batch <= batch &&
      variants[cell.stage]?.includes(cell.variant),
  );
  const cells = profile.stages.map(
    ({ name }) => measured.filter(({ stage }) => stage === name).sort((a, b) => b.batch - a.batch)[0]!,
  );
  const at = (ratePerS: number) => {
    const request = {
      ...planRequest(profile, { slaMs: 1e6, ratePerS: ratePerS }),
      backends: [backend],
      restrictTo: variants,
    };
    const unlimited = { ...request, resources: { ...request.resources, utilisationMax: Number.MAX_VALUE } };
    return {
      request,
      options: planOptions({ ...profile, cells }, unlimited).byId.map((all) => [...all.values()][0]!),
    };
  };
  const busy = at(1).options.map((o) => (o.itemsPerS * o.meanMs) / (1000 * o.cell.batch));
  const busiest = onGpu(backend) ? busy.reduce((sum, share) => sum + share, 0) : Math.max(...busy);
  const { request, options } = at(utilisation / busiest);
  const stages = options.map((o) => planStage(profile, o));
  return (slaMs: number): Plan =>
    completePlan(
      { profile, sha256 },
      {
        ...planHead(profile, request),
        slaMs,
        stages,
        workers: planWorkers(stages),
        shedding: flags.shedding as Plan['shedding'],
        certificate: 'not solved: made to compare the simulator with a run',
      },
      {
        boundMs: options.reduce((sum, o) => sum + o.boundMs, 0),
        pas: options.reduce((product, o) => product * o.accuracy, 1),
        cost: options.reduce((sum, o) => sum + o.cost, 0),
      },
      0,
    );
}

/** Simulates a plan with a profile's times, on a load's arrivals and the items drawn by a run with the same seed. */
function simulated(plan: Plan, profile: Profile, load: Load) {
  const { packSize, counts } = packItemCounts(profile, plan.stages);
  return simulate({
    policy: policyOf(plan),
    workers: workersOf(plan),
    arrivalsMs: load.arrivalsMs,
    packItems: drawPackItems(load.arrivalsMs.length, packSize, flags.seed),
    counts,
    service: serviceFromProfile(profile, plan.stages),
    seed: flags.seed,
  }).requests;
}

/** Share of a run for which its busiest worker was busy. Near 1 the run was overloaded, whatever the profile predicted. */
function busiest({ plans, service, load }: RunReport): number {
  const busyMs = (stage: string) =>
    service
      .filter((entry) => entry.stage === stage)
      .reduce((sum, entry) => sum + entry.samplesMs.reduce((total, sample) => total + sample, 0), 0);
  const workers = plans[0]!.plan.workers.map(({ stages }) => stages.reduce((sum, s) => sum + busyMs(s), 0));
  return Math.max(...workers) / (1000 * load.durationS);
}

const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-simulator-'));
const where = {
  manifestPath: option.manifestPath({ pipeline: 'fashion' }),
  out: join(folder, 'profile.json'),
  signal: interruptSignal(),
};
await withRunner(['webgpu', 'wasm'], where, async ({ runner, progress }) => {
  const measured = flags.profile
    ? await readJson(flags.profile, parseIdentified)
    : await runner.profile({
        backends: ['webgpu', 'wasm'],
        threads: [1],
        batches: [1, 2, 4, 8],
        budgetS: flags.budget,
        seed: flags.seed,
        // A long SLA, so that every batch size is measured.
        slaMs: 60_000,
      });
  const { profile } = measured;
  const rows = [];
  for (const setting of SETTINGS) {
    const plan = planAt(measured, setting);
    const { ratePerS } = plan(1);
    const load = constantLoad(ratePerS, setting.durationS, flags.seed);
    const open = { ...plan(1e6), shedding: 'never' } as const;
    const latencies = sortedNumbers(
      simulated(open, profile, load).flatMap(({ latencyMs }) => latencyMs ?? []),
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
    const fromProfile = requestOutcomes(simulated(chosen, profile, load), chosen.slaMs, load.durationS);
    rows.push({
      ...setting,
      batches: chosen.stages.map((stage) => stage.batch),
      ratePerS,
      slaMs: chosen.slaMs,
      requests: report.load.requests,
      latenessP99Ms: report.load.latenessP99Ms,
      valid: report.load.valid,
      busiest: busiest(report),
      measured: { p95: report.result.latencyMs.p95, attainment: report.result.slaAttainment! },
      own: { p95: report.resimulated?.p95 ?? null, attainment: report.resimulated?.slaAttainment ?? 0 },
      profile: { p95: fromProfile.latencyMs?.p95 ?? null, attainment: fromProfile.slaAttainment! },
    });
  }
  progress.clear();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`;
  const date = new Date().toISOString();
  type Row = (typeof rows)[number];
  const p95Error = (row: Row, of: 'own' | 'profile') =>
    Math.abs((row[of].p95 ?? 0) / (row.measured.p95 ?? Number.NaN) - 1);
  const attainmentError = (row: Row, of: 'own' | 'profile') =>
    Math.abs(row[of].attainment - row.measured.attainment);
  if (flags.json) console.log(JSON.stringify({ date, machine, device: profile.device, rows }));
  else {
    console.log(
      `${date}, ${machine}, ${profile.device.agent}` +
        `${profile.device.adapter?.software ? ', webgpu on a SOFTWARE ADAPTER' : ''}, shedding ${flags.shedding}\n`,
    );
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    console.log(
      table(
        [
          'setting',
          'req/s',
          'n',
          'SLA ms',
          'busy',
          'late p99',
          'p95 run',
          'own',
          'error',
          'profile',
          'error',
          'attained run',
          'own',
          'error',
          'profile',
          'error',
        ],
        rows.map((row) => [
          `${row.backend} ${100 * row.utilisation} % b${[...new Set(row.batches)].join('/')}${row.valid ? '' : ' (not valid)'}`,
          row.ratePerS.toFixed(1),
          String(row.requests),
          ms(row.slaMs),
          share(row.busiest),
          ms(row.latenessP99Ms),
          ms(row.measured.p95),
          ...(['own', 'profile'] as const).flatMap((of) => [ms(row[of].p95), percent(p95Error(row, of))]),
          share(row.measured.attainment),
          ...(['own', 'profile'] as const).flatMap((of) => [
            share(row[of].attainment),
            attainmentError(row, of).toFixed(3),
          ]),
        ]),
      ),
    );
    for (const of of ['own', 'profile'] as const)
      console.log(
        `${of === 'own' ? "the run's own samples" : "the profile's samples"}: median error of p95 ` +
          `${percent(median(rows.map((row) => p95Error(row, of))))} (target ${percent(TARGET.p95)}), ` +
          `of attainment ${median(rows.map((row) => attainmentError(row, of))).toFixed(3)} (target ${TARGET.attainment})`,
      );
  }
}).finally(() => rm(folder, { recursive: true }));
