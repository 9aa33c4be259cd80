import { policyOf, workersOf } from '../../solver/dispatch/plan.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { sum } from '../../solver/math/statistics.ts';
import { planHead, planStage, planWorkers } from '../../solver/plan/plan-document.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { completePlan } from '../../solver/plan/simulated-plan.ts';
import { drawPackItems, packItemCounts } from '../../solver/simulate/fanout.ts';
import { serviceFromProfile } from '../../solver/simulate/service.ts';
import { simulate } from '../../solver/simulate/simulate.ts';
import type { Load } from '../../workers/executor/load.ts';
import { onlyOptions } from '../comparison/baselines.ts';

export interface Setting {
  readonly backend: Backend;
  readonly variants: readonly [string, string];
  /** Batch size. If it was not measured, the largest measured size below it is used. */
  readonly batch: number;
  /** Utilisation that the profile predicts for the busiest worker if all batches are full. */
  readonly utilisation: number;
  readonly durationS: number;
}

/** Returns a function that makes a plan for an SLA in ms: with a setting's variants and batch, at the rate of its utilisation. */
export function planAt({ profile, sha256 }: IdentifiedProfile, setting: Setting, shedding: Plan['shedding']) {
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
      ...planRequest(profile, { slaMs: 1e6, ratePerS }),
      backends: [backend],
      restrictTo: variants,
    };
    return { request, options: onlyOptions({ ...profile, cells }, request) };
  };
  const busy = at(1).options.map((o) => (o.itemsPerS * o.meanMs) / (1000 * o.cell.batch));
  const busiest = onGpu(backend) ? sum(busy) : Math.max(...busy);
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
        shedding,
        certificate: 'not solved: made to compare the simulator with a run',
      },
      {
        boundMs: sum(options.map((o) => o.boundMs)),
        pas: options.reduce((product, o) => product * o.accuracy, 1),
        cost: sum(options.map((o) => o.cost)),
      },
    );
}

/** Simulates a plan with a profile's times, on a load's arrivals and the items drawn by a run with the same seed. */
export function simulated(plan: Plan, profile: Profile, load: Load, seed: number) {
  const { packSize, ...flow } = packItemCounts(profile, plan.stages);
  return simulate({
    policy: policyOf(plan),
    workers: workersOf(plan),
    arrivalsMs: load.arrivalsMs,
    packItems: drawPackItems(load.arrivalsMs.length, packSize, seed),
    ...flow,
    service: serviceFromProfile(profile, plan.stages, plan.body),
    seed,
  });
}

/** Share of a run for which its busiest worker was busy. Near 1 the run was overloaded, whatever the profile predicted. */
export function busiestShare({ plans, service, load }: RunReport): number {
  const busyMs = (stage: string) =>
    sum(service.filter((entry) => entry.stage === stage).map(({ samplesMs }) => sum(samplesMs)));
  const workers = plans[0]!.plan.workers.map(({ stages }) => sum(stages.map(busyMs)));
  return Math.max(...workers) / (1000 * load.durationS);
}
