import { pipelineMetric } from '../../models/tasks/judge.ts';
import {
  REPORT,
  REQUESTS_MAX,
  type RequestRecord,
  type RunReport,
  type ServiceTimes,
} from '../../solver/documents/run-report.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { largest, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { isValid } from '../../solver/report/lateness.ts';
import { outcomesOf, pasInService } from '../../solver/report/outcomes.ts';
import { meanPas, overTime, timeMean } from '../../solver/report/over-time.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import { resimulate } from './resimulate.ts';
import type { RunOptions } from './run-options.ts';
import type { RunRecord } from './run-record.ts';
import type { BatchRecord } from './types.ts';

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
  const pas = pasInService(record.plans, record.batches, record.settled);
  const endMs = 1000 * load.durationS;
  const outcomes = outcomesOf(
    record.plans.map(({ plan }) => plan),
    record.batches,
    record.settled,
  );
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
        pas: meanPas(pas, 0, endMs),
        n: judge.n,
      },
      cost: { mean: timeMean(cost, 0, endMs), max: largest(cost.map(({ value }) => value)) },
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
    requests: requests.length > REQUESTS_MAX ? [] : requests,
    service,
    events: record.events,
  };
}

/** Groups the service times by stage, variant, backend and number of items. */
function serviceOf(batches: readonly BatchRecord[]): ServiceTimes[] {
  const bySize = new Map<string, ServiceTimes>();
  for (const { stage, variant, backend, items, serviceMs } of batches) {
    const id = `${stage}/${variant}/${backend}/${items}`;
    const entry = () => ({ stage, variant, backend, items, samplesMs: [] });
    getOrMake(bySize, id, entry).samplesMs.push(serviceMs);
  }
  return [...bySize.values()];
}
