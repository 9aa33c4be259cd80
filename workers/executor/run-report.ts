import type { Pack } from '../../models/packs/pack.ts';
import { type ItemAnswer, pipelineMetric } from '../../models/tasks/judge.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import {
  type Adaptation,
  type CascadeOutcome,
  MOST_REQUESTS,
  REPORT,
  type RequestRecord,
  type RunReport,
  type Service,
  type StandbyOutcome,
} from '../../solver/documents/run-report.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { downshiftFactor } from '../../solver/report/downshift.ts';
import { isValid } from '../../solver/report/lateness.ts';
import { overTime, timeMean } from '../../solver/report/over-time.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import type { ItemFlow } from '../../solver/simulate/fanout.ts';
import { serviceFromRun } from '../../solver/simulate/service.ts';
import { type PlanModel, SwitchingSimulation } from '../../solver/simulate/switching.ts';
import type { Judge } from './judge.ts';
import type { RunOptions } from './run-options.ts';
import type { BatchRecord, RequestAnswer } from './types.ts';

/** Everything recorded during a run. */
export interface RunRecord {
  readonly pack: Pack;
  readonly device: RunReport['device'];
  readonly answers: readonly RequestAnswer[];
  /** For each request, the time at which it was sent minus its scheduled time, in ms. */
  readonly lateness: readonly number[];
  readonly judge: Judge;
  readonly batches: readonly BatchRecord[];
  /** Each item that settled: its stage, and the plan that served. */
  readonly settled: readonly { readonly stage: string; readonly plan: Plan }[];
  readonly events: RunReport['events'];
  /** For each request, the index of its item in the pack. */
  readonly packItems: Int32Array;
  /** The plans that served, with the time when each began. */
  readonly plans: RunReport['plans'];
  readonly steps: Adaptation['steps'];
}

export function runReport(options: RunOptions, record: RunRecord): RunReport {
  const { plan, load, models } = options;
  const { answers, judge } = record;
  const requests: RequestRecord[] = answers.map(({ outcome, latencyMs }, i) => ({
    arrivalMs: load.arrivalsMs[i]!,
    latencyMs: outcome === 'completed' ? latencyMs : null,
    outcome,
  }));
  const latenessP99Ms = record.lateness.length
    ? Math.max(0, nearestRank(sortedNumbers(record.lateness), 99))
    : 0;
  const service = serviceOf(record.batches);
  const cost = record.plans.map(({ atMs, plan: { predicted } }) => ({ atMs, value: predicted.cost }));
  const pas = record.plans.map(({ atMs, plan: { predicted } }) => ({ atMs, value: predicted.pas }));
  const endMs = 1000 * load.durationS;
  const outcomes = { cascades: cascadesOf(record), standbys: standbysOf(record) };
  return {
    schema: REPORT,
    kind: 'run',
    name: options.name,
    simulated: false,
    createdAt: new Date().toISOString(),
    pipeline: plan.pipeline,
    device: record.device,
    seed: options.seed,
    backends: [...options.backends],
    slaMs: plan.slaMs,
    percentile: plan.percentile,
    load: {
      kind: load.kind,
      ratePerS: load.ratePerS,
      durationS: load.durationS,
      requests: requests.length,
      latenessP99Ms,
      valid: isValid(requests, record.lateness, plan.slaMs),
    },
    result: {
      ...requestResult(requests, plan.slaMs, load.durationS),
      accuracy: {
        endToEnd: judge.score,
        metric: pipelineMetric(models.pipeline.first),
        pas: timeMean(pas, 0, endMs) * downshiftFactor(outcomes),
        n: judge.n,
      },
      cost: { mean: timeMean(cost, 0, endMs), max: Math.max(...cost.map(({ value }) => value)) },
    },
    predicted: plan.predicted,
    resimulated: resimulate(options, record, requests, service),
    plans: record.plans,
    ...outcomes,
    adaptation: options.adaptation
      ? {
          system: options.adaptation.system.name,
          predictor: options.adaptation.predictor.name,
          intervalS: options.adaptation.intervalS,
          steps: record.steps,
        }
      : null,
    overTime: overTime(requests, { cost, pas }, plan.slaMs, load.durationS),
    requests: requests.length > MOST_REQUESTS ? [] : requests,
    service,
    events: record.events,
  };
}

/** Groups the service times by stage, variant, backend and number of items. */
function serviceOf(batches: readonly BatchRecord[]): Service[] {
  const bySize = new Map<string, Service>();
  for (const { stage, variant, backend, items, serviceMs } of batches) {
    const id = `${stage}/${variant}/${backend}/${items}`;
    const entry = bySize.get(id) ?? { stage, variant, backend, items, samplesMs: [] };
    entry.samplesMs.push(serviceMs);
    bySize.set(id, entry);
  }
  return [...bySize.values()];
}

/** What each cascade of the plans did. A plan that served twice counts once. */
function cascadesOf({ plans, batches, settled }: RunRecord): CascadeOutcome[] {
  const found = new Map<string, CascadeOutcome>();
  for (const { plan } of plans)
    for (const [i, { variant: heavy, escalation }] of plan.stages.entries()) {
      if (!escalation) continue;
      const { from: stage, below, share, accuracy } = escalation;
      const { variant: light, accuracy: lightAccuracy } = plan.stages[i - 1]!;
      const own = batches.filter(
        (batch) => batch.stage === stage && batch.variant === light && batch.cascade?.below === below,
      );
      found.set([stage, light, heavy, below].join('/'), {
        stage,
        light,
        heavy,
        below,
        items: own.reduce((sum, { items }) => sum + items, 0),
        escalated: own.reduce((sum, { cascade }) => sum + cascade!.escalated, 0),
        predictedShare: share,
        expected: { accuracy, lightAccuracy },
        settled: settled.filter(
          (one) => one.stage === stage && one.plan.stages[i]?.escalation?.below === below,
        ).length,
      });
    }
  return [...found.values()];
}

/** What the standbys of the plans did. A plan that served twice counts once. */
function standbysOf({ plans, batches }: RunRecord): StandbyOutcome[] {
  const found = new Map<string, StandbyOutcome>();
  for (const { plan } of plans)
    for (const { name: stage, variant, accuracy, standby } of plan.stages) {
      if (!standby) continue;
      const own = (isStandby: boolean, by: string) =>
        batches
          .filter((batch) => batch.stage === stage && batch.variant === by && !!batch.standby === isStandby)
          .reduce((sum, { items }) => sum + items, 0);
      const downshifted = own(true, standby.variant);
      found.set([stage, variant, standby.variant].join('/'), {
        ...{ stage, variant, accuracy },
        standby: standby.variant,
        standbyAccuracy: standby.accuracy,
        items: own(false, variant) + downshifted,
        downshifted,
      });
    }
  return [...found.values()];
}

/** Simulates the same arrivals, items and plans with this run's service times. Null if too few were measured. */
function resimulate(
  { plan, load, seed }: RunOptions,
  { answers, packItems, pack, plans }: RunRecord,
  requests: readonly RequestRecord[],
  service: readonly Service[],
): RunReport['resimulated'] {
  const hasService = ({ name, variant, backend }: Plan['stages'][number]) =>
    service.some((entry) => entry.stage === name && entry.variant === variant && entry.backend === backend);
  // A plan that served only briefly may have run no batch of some stage, so it has no service times.
  const served = plans
    .filter(({ plan: { stages } }) => stages.every(hasService))
    .map(({ atMs, plan: own }) => ({ atMs, plan: withMeasuredStandbys(own, service) }));
  if (requests.length === 0 || served[0]?.atMs !== plans[0]!.atMs) return null;
  const model = (serving: Plan): PlanModel => {
    const wasServed = (i: number) =>
      served.findLast(({ atMs }) => atMs <= load.arrivalsMs[i]!)!.plan === serving;
    return {
      ...observedFlow(answers, packItems, wasServed, pack.items.lengths.length, serving.stages),
      service: serviceFromRun(service, serving.stages),
    };
  };
  const simulation = new SwitchingSimulation(served[0].plan, model, {
    arrivalsMs: load.arrivalsMs.subarray(0, requests.length),
    packItems,
    seed,
  });
  for (const next of served.slice(1)) {
    simulation.runUntil(next.atMs);
    simulation.switchTo(simulation.prepare(next.plan));
  }
  const { requests: simulated } = simulation.finish();
  const { latencyMs, slaAttainment } = requestResult(simulated, plan.slaMs, load.durationS);
  return { p95: latencyMs.p95, slaAttainment: slaAttainment! };
}

/** The plan with those standbys only that ran: a run without a burst has no times of them. */
const withMeasuredStandbys = (plan: Plan, service: readonly Service[]): Plan => ({
  ...plan,
  stages: plan.stages.map(({ standby, ...row }) =>
    standby && service.some((entry) => entry.stage === row.name && entry.variant === standby.variant)
      ? { ...row, standby }
      : row,
  ),
});

/** What became of one pack item in a run, by stage: the number of items, and which of them a cascade's heavy variant answered. */
interface Seen {
  readonly counts: readonly number[];
  readonly escalated: readonly (readonly boolean[])[];
}

/**
 * What became of the pack items, from the completed requests that pass `isCounted`. A pack item without such a request gets the
 * mean of the others' numbers of items, and none of those escalates.
 */
function observedFlow(
  answers: readonly RequestAnswer[],
  packItems: Int32Array,
  isCounted: (request: number) => boolean,
  packSize: number,
  rows: Plan['stages'],
): ItemFlow {
  const stages = rows.filter(({ escalation }) => !escalation).length;
  const seen: (Seen | undefined)[] = Array.from({ length: packSize });
  answers.forEach(({ outcome, answer }, i) => {
    if (outcome !== 'completed' || !isCounted(i)) return;
    const levels: (readonly ItemAnswer[])[] = [];
    for (
      let level: readonly ItemAnswer[] = [answer];
      levels.length < stages;
      level = level.flatMap((item) => item.children)
    )
      levels.push(level);
    seen[packItems[i]!] = {
      counts: levels.map(({ length }) => length),
      escalated: levels.map((level) => level.map((item) => item.escalated === true)),
    };
  });
  const known = seen.filter((one) => one !== undefined);
  const means = Array.from({ length: stages }, (_, s) =>
    known.length ? Math.round(known.reduce((sum, { counts }) => sum + counts[s]!, 0) / known.length) : 1,
  );
  return {
    counts: (packItem, stage) => (seen[packItem]?.counts ?? means)[stage]!,
    escalates: (packItem, stage, position) => seen[packItem]?.escalated[stage]?.[position] ?? false,
  };
}
