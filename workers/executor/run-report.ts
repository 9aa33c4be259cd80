import type { Pack } from '../../models/pack.ts';
import { policyOf, workersOf } from '../../solver/dispatch/plan.ts';
import { REPORT, type RequestRecord, type RunReport, type Service } from '../../solver/documents/report.ts';
import { summariseRequests } from '../../solver/simulator/predict.ts';
import { serviceFromRun } from '../../solver/simulator/service.ts';
import { simulate } from '../../solver/simulator/simulate.ts';
import { MIN_SAMPLES, nearestRank, sortedNumbers } from '../../solver/statistics.ts';
import { pipelineMetric } from '../profiler/accuracy.ts';
import type { Judge } from './judge.ts';
import type { RunOptions } from './run.ts';
import type { Answer, BatchRecord } from './types.ts';

/** A generator that was later than this share of the SLA (p99) makes the run invalid. */
const LATE_SHARE = 0.05;

/** What a run leaves behind. */
export interface Ran {
  readonly pack: Pack;
  readonly device: RunReport['device'];
  readonly answers: readonly Answer[];
  readonly lateness: readonly number[];
  readonly judge: Judge;
  readonly batches: readonly BatchRecord[];
  readonly events: RunReport['events'];
  readonly scenes: Int32Array;
}

/** The document of a run. */
export function runReport(options: RunOptions, ran: Ran): RunReport {
  const { plan, load, models } = options;
  const { answers, judge } = ran;
  const requests: RequestRecord[] = answers.map(({ outcome, latencyMs }, i) => ({
    arrivalMs: load.arrivalsMs[i]!,
    latencyMs: outcome === 'completed' ? latencyMs : null,
    outcome,
  }));
  const latenessP99Ms = ran.lateness.length ? Math.max(0, nearestRank(sortedNumbers(ran.lateness), 99)) : 0;
  const service = serviceOf(ran.batches);
  const { cost } = plan.predicted;
  return {
    schema: REPORT,
    kind: 'run',
    name: options.name,
    createdAt: new Date().toISOString(),
    pipeline: plan.pipeline,
    device: ran.device,
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
      valid: latenessP99Ms <= LATE_SHARE * plan.slaMs,
    },
    result: {
      ...resultOf(requests, plan.slaMs, load.durationS),
      accuracy: {
        endToEnd: judge.score,
        metric: pipelineMetric(models.manifest),
        pas: plan.stages.reduce((product, stage) => product * stage.accuracy, 1),
        n: judge.n,
      },
      cost: { mean: cost, max: cost },
    },
    predicted: plan.predicted,
    resimulated: resimulate(options, ran, requests, service),
    plans: [{ atMs: 0, plan }],
    requests,
    service,
    events: ran.events,
  };
}

function resultOf(requests: readonly RequestRecord[], slaMs: number, durationS: number) {
  const count = (outcome: RequestRecord['outcome']) => requests.filter((r) => r.outcome === outcome).length;
  const sorted = sortedNumbers(requests.flatMap((r) => r.latencyMs ?? []));
  const n = sorted.length;
  const at = (percentile: number, least: number) => (n >= least ? nearestRank(sorted, percentile) : null);
  const inTime = sorted.filter((ms) => ms <= slaMs).length;
  return {
    completed: count('completed'),
    shed: count('shed'),
    failed: count('failed'),
    latencyMs: {
      p50: at(50, 1),
      p95: at(95, MIN_SAMPLES.p95),
      p99: at(99, MIN_SAMPLES.p99),
      max: at(100, 1),
      n,
    },
    slaAttainment: requests.length ? inTime / requests.length : 0,
    goodputPerS: inTime / durationS,
  };
}

function serviceOf(batches: readonly BatchRecord[]): Service[] {
  const bySize = new Map<string, Service>();
  for (const { stage, backend, items, serviceMs } of batches) {
    const id = `${stage}/${backend}/${items}`;
    const entry = bySize.get(id) ?? { stage, backend, items, samplesMs: [] };
    entry.samplesMs.push(serviceMs);
    bySize.set(id, entry);
  }
  return [...bySize.values()];
}

/** The same arrivals, scenes and plan through the simulator, on the service times that this run had. */
function resimulate(
  { plan, load, seed }: RunOptions,
  { answers, scenes, pack }: Ran,
  requests: readonly RequestRecord[],
  service: readonly Service[],
): RunReport['resimulated'] {
  const ranAll = plan.stages.every((stage) => service.some((entry) => entry.stage === stage.name));
  if (requests.length === 0 || !ranAll) return null;
  const { requests: simulated } = simulate({
    policy: policyOf(plan),
    workers: workersOf(plan),
    arrivalsMs: load.arrivalsMs.subarray(0, requests.length),
    scenes,
    counts: observedCounts(answers, scenes, pack.truths.length, plan.stages.length),
    service: serviceFromRun(service, plan.stages),
    seed,
  });
  const { latencyMs, slaAttainment } = summariseRequests(simulated, plan.slaMs, load.durationS);
  return { p95: latencyMs?.p95 ?? null, slaAttainment };
}

/** Items per scene and stage as the run saw them; a scene that never completed is given the mean of the others. */
function observedCounts(answers: readonly Answer[], scenes: Int32Array, sceneCount: number, stages: number) {
  const seen: (number[] | undefined)[] = Array.from({ length: sceneCount });
  answers.forEach(({ outcome, answer }, i) => {
    if (outcome !== 'completed') return;
    const counts: number[] = [];
    for (let level = [answer]; counts.length < stages; level = level.flatMap((item) => item.children))
      counts.push(level.length);
    seen[scenes[i]!] = counts;
  });
  const known = seen.filter((counts) => counts !== undefined);
  const means = Array.from({ length: stages }, (_, s) =>
    known.length ? Math.round(known.reduce((sum, counts) => sum + counts[s]!, 0) / known.length) : 1,
  );
  return (scene: number, stage: number): number => (seen[scene] ?? means)[stage]!;
}
