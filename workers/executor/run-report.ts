import type { Pack } from '../../models/packs/pack.ts';
import { pipelineMetric } from '../../models/tasks/judge.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import {
  type Adaptation,
  MOST_REQUESTS,
  REPORT,
  type RequestRecord,
  type RunReport,
  type Service,
} from '../../solver/documents/report.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { overTime, timeMean } from '../../solver/report/over-time.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import { serviceFromRun } from '../../solver/simulate/service.ts';
import { type PlanModel, SwitchingSimulation } from '../../solver/simulate/switching.ts';
import type { Judge } from './judge.ts';
import type { RunOptions } from './run-options.ts';
import type { Answer, BatchRecord } from './types.ts';

/** A generator that was later than this share of the SLA (p99) makes the run invalid. */
export const LATE_SHARE = 0.05;

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
  /** Each from when it served. */
  readonly plans: RunReport['plans'];
  readonly steps: Adaptation['steps'];
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
  const cost = ran.plans.map(({ atMs, plan: { predicted } }) => ({ atMs, value: predicted.cost }));
  const pas = ran.plans.map(({ atMs, plan: { predicted } }) => ({ atMs, value: predicted.pas }));
  const endMs = 1000 * load.durationS;
  return {
    schema: REPORT,
    kind: 'run',
    name: options.name,
    simulated: false,
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
      ...requestResult(requests, plan.slaMs, load.durationS),
      accuracy: {
        endToEnd: judge.score,
        metric: pipelineMetric(models.pipeline.first),
        pas: timeMean(pas, 0, endMs),
        n: judge.n,
      },
      cost: { mean: timeMean(cost, 0, endMs), max: Math.max(...cost.map(({ value }) => value)) },
    },
    predicted: plan.predicted,
    resimulated: resimulate(options, ran, requests, service),
    plans: ran.plans,
    adaptation: options.adaptation
      ? {
          system: options.adaptation.system.name,
          predictor: options.adaptation.predictor.name,
          intervalS: options.adaptation.intervalS,
          steps: ran.steps,
        }
      : null,
    overTime: overTime(requests, { cost, pas }, plan.slaMs, load.durationS),
    requests: requests.length > MOST_REQUESTS ? [] : requests,
    service,
    events: ran.events,
  };
}

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

/** The same arrivals, scenes and plans through the simulator, on the service times that this run had. */
function resimulate(
  { plan, load, seed }: RunOptions,
  { answers, scenes, pack, plans }: Ran,
  requests: readonly RequestRecord[],
  service: readonly Service[],
): RunReport['resimulated'] {
  const ran = ({ name, variant, backend }: Plan['stages'][number]) =>
    service.some((entry) => entry.stage === name && entry.variant === variant && entry.backend === backend);
  // A plan that was left at once may have run no batch of a stage.
  const served = plans.filter(({ plan: { stages } }) => stages.every(ran));
  if (requests.length === 0 || served[0] !== plans[0]) return null;
  const model = (serving: Plan): PlanModel => {
    const own = (i: number) => served.findLast(({ atMs }) => atMs <= load.arrivalsMs[i]!)!.plan === serving;
    return {
      counts: observedCounts(answers, scenes, own, pack.truths.length, serving.stages.length),
      service: serviceFromRun(service, serving.stages),
    };
  };
  const simulation = new SwitchingSimulation(plan, model, {
    arrivalsMs: load.arrivalsMs.subarray(0, requests.length),
    scenes,
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

/**
 * Items per scene and stage as some requests of a run had them; a scene of which none completed is given the mean of the
 * others.
 */
function observedCounts(
  answers: readonly Answer[],
  scenes: Int32Array,
  own: (request: number) => boolean,
  sceneCount: number,
  stages: number,
) {
  const seen: (number[] | undefined)[] = Array.from({ length: sceneCount });
  answers.forEach(({ outcome, answer }, i) => {
    if (outcome !== 'completed' || !own(i)) return;
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
