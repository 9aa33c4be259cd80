import type {
  AdaptationReport,
  AdaptationRun,
  Comparison,
} from '../../solver/documents/adaptation-report.ts';
import type { PlanStage } from '../../solver/documents/plan.ts';
import { parseReport } from '../../solver/documents/report.ts';
import {
  type Interval,
  parseRunReport,
  REPORT,
  type RequestRecord,
  type RunReport,
} from '../../solver/documents/run-report.ts';
import { type Random, seededRandom } from '../../solver/math/random.ts';
import { overTime, timeMean } from '../../solver/report/over-time.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import { generatedTrace } from '../../solver/simulate/generated-traces.ts';
import { copiesOf, fashionReport } from './report-fixtures.ts';

/** Invented reports of runs under loads that change; equal seeds give equal reports. */

const DURATION_S = 300;
const INTERVAL_S = 10;
/** The time from the decision of a plan until the plan serves. */
const START_S = 3;
const SLA_MS = 500;

/** The plans, by the highest rate in requests/s that each serves: the lower the rate, the more accurate the variants. */
const LEVELS = [
  { upTo: 8, detect: 'det16', classify: 'res32', batch: 1, replicas: 2, pas: 0.876 },
  { upTo: 16, detect: 'det16', classify: 'res16', batch: 2, replicas: 3, pas: 0.864 },
  { upTo: 24, detect: 'det8', classify: 'res16', batch: 4, replicas: 3, pas: 0.809 },
  { upTo: Number.POSITIVE_INFINITY, detect: 'det8', classify: 'cnn16', batch: 8, replicas: 4, pas: 0.797 },
];

const costOf = ({ replicas, batch }: (typeof LEVELS)[number]): number => 2 * replicas + batch / 2;

/** Makes the report of a run with a bursty load, whose plans follow the rate. */
export const adaptiveRun = copiesOf((seed): RunReport => {
  const random = seededRandom(seed);
  const { rates } = generatedTrace('bursty', { durationS: DURATION_S, seed });
  const { runs, profile } = fashionReport(seed);
  const run = runs[0]!;
  const steps = Array.from({ length: DURATION_S / INTERVAL_S }, (_, i) => {
    const seen = rates.slice(Math.max(0, (i - 1) * INTERVAL_S), Math.max(1, i * INTERVAL_S));
    const medianPerS = Math.max(...seen);
    return {
      atMs: i * INTERVAL_S * 1000,
      medianPerS,
      p90PerS: 1.25 * medianPerS,
      plannedPerS: 1.1 * medianPerS,
    };
  });
  const levels = steps.map((step) => LEVELS.find(({ upTo }) => step.plannedPerS <= upTo)!);
  const served = steps
    .map(({ atMs, plannedPerS }, i) => ({ atMs: i && atMs + 1000 * START_S, plannedPerS, level: levels[i]! }))
    .filter(({ level }, i) => level !== levels[i - 1]);
  const requests = rates.flatMap((rate, second) =>
    Array.from({ length: rate }, (_, i): RequestRecord => {
      const arrivalMs = (second + (i + random()) / rate) * 1000;
      const planned = served.findLast(({ atMs }) => atMs <= arrivalMs)!.plannedPerS;
      const latencyMs = 60 * Math.exp(0.5 * random() + 1.6 * Math.max(0, rate / planned - 0.6));
      const outcome = latencyMs > 1.2 * SLA_MS ? 'shed' : 'completed';
      return { arrivalMs, latencyMs: outcome === 'completed' ? latencyMs : null, outcome };
    }),
  );
  const cost = served.map(({ atMs, level }) => ({ atMs, value: costOf(level) }));
  const pas = served.map(({ atMs, level }) => ({ atMs, value: level.pas }));
  return parseRunReport(
    {
      ...run,
      name: 'ours',
      simulated: true,
      slaMs: SLA_MS,
      load: {
        ...run.load,
        kind: 'trace',
        durationS: DURATION_S,
        ratePerS: requests.length / DURATION_S,
        requests: requests.length,
      },
      result: {
        ...run.result,
        ...requestResult(requests, SLA_MS, DURATION_S),
        cost: { mean: timeMean(cost, 0, 1000 * DURATION_S), max: 12 },
      },
      resimulated: null,
      plans: served.map(({ atMs, plannedPerS, level }) => {
        const { plan } = run.plans[0]!;
        const stage = (of: PlanStage, s: number): PlanStage => {
          const variant = s === 0 ? level.detect : level.classify;
          const facts = profile.stages[s]!.variants.find(({ name }) => name === variant)!;
          const { batch, replicas } = level;
          return { ...of, variant, batch, replicas, accuracy: facts.accuracy.published! };
        };
        return {
          atMs,
          plan: {
            ...plan,
            slaMs: SLA_MS,
            ratePerS: plannedPerS,
            stages: plan.stages.map(stage),
            predicted: { ...plan.predicted, pas: level.pas, cost: costOf(level) },
          },
        };
      }),
      adaptation: { system: 'ours', predictor: 'last-window', intervalS: INTERVAL_S, steps },
      overTime: overTime(requests, { cost, pas }, SLA_MS, DURATION_S),
      requests,
    },
    'fixture',
  );
});

interface Behaviour {
  readonly pas: number;
  /** The cost for each request/s of the rate. */
  readonly cost: number;
  /** The rate that the system is ready for, divided by the rate of the interval before. */
  readonly reserve: number;
}

function runOf(
  random: Random,
  rates: readonly number[],
  { pas, cost, reserve }: Behaviour,
  about: Pick<AdaptationRun, 'system' | 'predictor' | 'setting'>,
  drawn: boolean,
): AdaptationRun {
  const intervals = rates.map((ratePerS, i): Interval => {
    const before = rates[Math.max(0, i - 1)]!;
    const strain = ratePerS / (reserve * before);
    const p95Ms = 0.6 * SLA_MS * strain ** 4 * (0.95 + 0.1 * random());
    return {
      fromMs: i * 10_000,
      ratePerS,
      p50Ms: 0.4 * p95Ms,
      p95Ms,
      slaAttainment: Math.min(1, Math.max(0, 1.3 - 0.3 * strain ** 2)),
      cost: cost * Math.ceil(before),
      pas,
    };
  });
  const meanOf = (value: (interval: Interval) => number) =>
    intervals.reduce((sum, interval) => sum + value(interval), 0) / intervals.length;
  return {
    ...about,
    slaAttainment: meanOf((interval) => interval.slaAttainment!),
    p95Ms: Math.max(...intervals.map((interval) => interval.p95Ms!)),
    pas,
    cost: meanOf((interval) => interval.cost),
    switches: 12,
    overTime: drawn ? intervals : [],
  };
}

const BETAS = [0.0001, 0.001, 0.01, 0.1];

function comparisonOf(random: Random, pipeline: string, kind: 'bursty' | 'steady-low'): Comparison {
  const seconds = generatedTrace(kind, { durationS: DURATION_S, seed: 1 }).rates;
  const rates = Array.from({ length: DURATION_S / 10 }, (_, i) =>
    seconds.slice(10 * i, 10 * i + 10).reduce((sum, rate) => sum + rate / 10, 0),
  );
  const rival = (system: string, behaviour: Behaviour) =>
    runOf(random, rates, behaviour, { system, predictor: 'quantile', setting: null }, true);
  const ours = BETAS.map((beta, b) =>
    runOf(
      random,
      rates,
      { pas: 0.62 - 0.05 * b, cost: 0.7 - 0.12 * b, reserve: 1.3 },
      {
        system: 'ours',
        predictor: 'quantile',
        setting: { percentile: 99, minRatePerS: 0, accuracy: 'product', beta, eta: 0.02 },
      },
      beta === 0.001,
    ),
  );
  const oracle = runOf(
    random,
    rates,
    { pas: 0.57, cost: 0.62, reserve: 1.3 },
    {
      system: 'ours',
      predictor: 'oracle',
      setting: { percentile: 99, minRatePerS: 0, accuracy: 'product', beta: 0.001, eta: 0.02 },
    },
    true,
  );
  return {
    pipeline,
    workload: kind,
    training: pipeline === 'audio-qa' && kind === 'steady-low',
    scale: 1,
    slaMs: SLA_MS,
    requests: seconds.reduce((sum, rate) => sum + rate, 0),
    rivals: [
      rival('ipa', { pas: 0.54, cost: 0.8, reserve: 1.05 }),
      rival('fa2-low', { pas: 0.35, cost: 0.3, reserve: 1.2 }),
      rival('fa2-high', { pas: pipeline === 'video' ? 0.62 : 0.63, cost: 1.4, reserve: 1 }),
      rival('rim', { pas: 0.6, cost: 1.9, reserve: 0.95 }),
      rival('ipa-options', { pas: 0.55, cost: 0.7, reserve: 1.05 }),
    ],
    ours,
    oracle,
  };
}

/** Makes a report of two pipelines under two loads each; the last comparison is on a training load. */
export const adaptationReport = copiesOf((seed): AdaptationReport => {
  const random = seededRandom(seed);
  return parseReport(
    {
      schema: REPORT,
      kind: 'adaptation',
      createdAt: '2026-11-20T10:30:00Z',
      seed,
      comparisons: ['video', 'audio-qa'].flatMap((pipeline) =>
        (['bursty', 'steady-low'] as const).map((kind) => comparisonOf(random, pipeline, kind)),
      ),
    },
    'fixture',
  ) as AdaptationReport;
});
