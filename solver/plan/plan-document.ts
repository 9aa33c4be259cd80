import type { MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import {
  PLAN,
  type Plan,
  type PlanStage,
  type PlanWorker,
  type Standby,
  stageNameOf,
  stagesOf,
  WAIT_MS_MAX,
} from '../documents/plan.ts';
import { accuraciesUnknown, accuracyOf, cellsOfRow, type Profile } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { mean } from '../math/statistics.ts';
import type { CellFacts } from './cell-facts.ts';
import { expectedTimesMs } from './co-run.ts';
import type { PlanOption } from './plan-option.ts';
import type { PlanRequest } from './request.ts';
import type { RowOption } from './row-option.ts';
import { forPods } from './serving.ts';

type PlanHead = Pick<
  Plan,
  'schema' | 'pipeline' | 'slaMs' | 'percentile' | 'ratePerS' | 'objective' | 'resources' | 'forPods'
>;

/** The fields of a plan that repeat its request and its profile. */
export const planHead = (profile: Profile, request: PlanRequest): PlanHead => ({
  schema: PLAN,
  pipeline: profile.pipeline,
  slaMs: request.slaMs,
  percentile: request.percentile,
  ratePerS: request.ratePerS,
  objective: request.objective,
  resources: request.resources,
  ...(forPods(profile) && { forPods: true }),
});

/** Converts the chosen option of each stage to the rows of a plan. */
export function planRows(profile: Profile, options: readonly PlanOption[]): PlanStage[] {
  const heavyOf = heavyNames(profile.stages.map(({ name }) => name));
  return options.flatMap((option) => {
    const light = planStage(profile, option);
    if (!option.cascade) return [light];
    const { heavy, below, share, accuracy } = option.cascade;
    const name = heavyOf.get(light.name)!;
    const escalation = { from: light.name, below, share, accuracy };
    return [light, { ...planStage(profile, heavy), name, escalation }];
  });
}

/** For each stage, a name for the row of its heavy variant that no other row of the pipeline's plans has. */
export function heavyNames(stages: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(stages);
  return new Map(
    stages.map((stage) => {
      let name = `${stage.slice(0, 56)}-heavy`;
      for (let i = 2; taken.has(name); i++) name = `${stage.slice(0, 52)}-heavy-${i}`;
      taken.add(name);
      return [stage, name];
    }),
  );
}

/** Converts an option of one variant to the row of a plan. */
export function planStage(profile: Profile, option: RowOption): PlanStage {
  const { cell, standby } = option;
  return {
    name: cell.stage,
    variant: cell.variant,
    sha256: option.sha256,
    backend: cell.backend,
    threads: cell.threads,
    batch: cell.batch,
    maxWaitMs: Math.min(option.waitMs, WAIT_MS_MAX),
    replicas: option.replicas,
    accuracy: accuraciesUnknown(profile) ? null : option.accuracy,
    itemsPerS: option.itemsPerS,
    boundMs: option.boundMs,
    gpuShare: option.gpuShare,
    cost: option.cost,
    serviceMs: serviceMs(profile, cell),
    ...(standby && { standby: planStandby(profile, standby) }),
  };
}

const planStandby = (profile: Profile, { cell, variant }: CellFacts): Standby => ({
  variant: variant.name,
  sha256: variant.sha256,
  accuracy: accuracyOf(variant)!,
  serviceMs: serviceMs(profile, cell),
});

/** Mean times of the chosen session's measured batches by size, in rising order, up to the chosen size. */
const serviceMs = (profile: Profile, chosen: MeasuredCell): PlanStage['serviceMs'] =>
  cellsOfRow(profile, { ...chosen, name: chosen.stage })
    .filter(({ batch }) => batch <= chosen.batch)
    .sort((a, b) => a.batch - b.batch)
    .map((cell) => ({ items: cell.batch, meanMs: mean(expectedTimesMs(profile, cell)) }));

/** Whether one worker holds all stages that run on the GPU, or each of these stages has a worker of its own. */
type GpuWorkers = 'shared' | 'per-stage';

/**
 * Whether each worker on a CPU holds all stages there, or each replica has a worker of its own. `per-replica`: a worker of a
 * cascade holds both variants, if they have the same backend and threads. `apart`: each variant of a cascade has workers of its
 * own.
 */
export type CpuWorkers = 'shared' | 'per-replica' | 'apart';

/** Returns a function that makes the ids of one plan's workers: a base, cut if it is too long for an id, and a number. */
export function workerIds(): (base: string) => string {
  const next = new Map<string, number>();
  return (base) => {
    const short = base.slice(0, 58);
    const number = next.get(short) ?? 0;
    next.set(short, number + 1);
    return `${short}-${number}`;
  };
}

/** Makes the workers of a plan. Stages on different GPU backends never share one. */
export function planWorkers(
  stages: readonly PlanStage[],
  gpuWorkers: GpuWorkers = 'shared',
  cpuWorkers: CpuWorkers = 'per-replica',
): PlanWorker[] {
  const workers: PlanWorker[] = [];
  const idOf = workerIds();
  const add = (base: string, rest: Omit<PlanWorker, 'id'>) => {
    workers.push({ id: idOf(base), ...rest });
  };
  const groups = new Map<string, PlanStage[]>();
  for (const stage of stages.filter(({ backend }) => onGpu(backend))) {
    const group = gpuWorkers === 'shared' ? stage.backend : stage.name;
    getOrMake(groups, group, () => []).push(stage);
  }
  for (const group of groups.values())
    add('gpu', { backend: group[0]!.backend, threads: 1, stages: group.map(({ name }) => name) });
  const onCpu = stages.filter(({ backend }) => !onGpu(backend));
  if (cpuWorkers === 'shared' && onCpu.length > 0) {
    const { backend, threads, replicas } = onCpu[0]!;
    for (let n = 0; n < replicas; n++)
      add('cpu', { backend, threads, stages: onCpu.map(({ name }) => name) });
  } else
    for (const row of onCpu) {
      const sits = (other: PlanStage) => cpuWorkers === 'per-replica' && sitTogether(row, other);
      // The loop has made the workers of both rows already, for the row of the light variant.
      if (row.escalation && onCpu.some((other) => other !== row && sits(other))) continue;
      const { name, backend, threads, replicas } = row;
      const names = [
        name,
        ...onCpu.filter((other) => other !== row && sits(other)).map((other) => other.name),
      ];
      for (let n = 0; n < replicas; n++) add(name, { backend, threads, stages: names });
    }
  return workers;
}

/** Whether one worker can hold two rows: they are of the same stage, with the same backend and threads. */
const sitTogether = (a: PlanStage, b: PlanStage): boolean =>
  stageNameOf(a) === stageNameOf(b) && a.backend === b.backend && a.threads === b.threads;

/** How a plan divides its stages on a CPU among workers. */
export function cpuWorkersOf(plan: Pick<Plan, 'stages' | 'workers'>): CpuWorkers {
  const held = plan.workers.filter(({ backend }) => !onGpu(backend)).map((worker) => stagesOf(plan, worker));
  if (held.some((own) => new Set(own.map(stageNameOf)).size > 1)) return 'shared';
  return plan.stages.some(({ escalation }) => escalation) && held.every((own) => own.length === 1)
    ? 'apart'
    : 'per-replica';
}
