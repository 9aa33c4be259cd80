import { onGpu } from '../documents/common.ts';
import { PLAN, type Plan, type PlanStage, type PlanWorker } from '../documents/plan.ts';
import { cellsOfStage, type Profile } from '../documents/profile.ts';
import { mean } from '../math/statistics.ts';
import { expectedTimesMs } from './co-run.ts';
import type { PlanOption } from './options.ts';
import type { PlanRequest } from './request.ts';

type PlanHead = Pick<
  Plan,
  'schema' | 'pipeline' | 'slaMs' | 'percentile' | 'ratePerS' | 'objective' | 'resources'
>;

/** The fields of a plan that repeat its request. */
export const planHead = (profile: Profile, request: PlanRequest): PlanHead => ({
  schema: PLAN,
  pipeline: profile.pipeline,
  slaMs: request.slaMs,
  percentile: request.percentile,
  ratePerS: request.ratePerS,
  objective: request.objective,
  resources: request.resources,
});

/** Converts a chosen option to the stage of a plan. */
export function planStage(profile: Profile, option: PlanOption): PlanStage {
  const { cell } = option;
  return {
    name: cell.stage,
    variant: cell.variant,
    sha256: option.sha256,
    backend: cell.backend,
    threads: cell.threads,
    batch: cell.batch,
    maxWaitMs: option.waitMs,
    replicas: option.replicas,
    accuracy: option.accuracy,
    itemsPerS: option.itemsPerS,
    boundMs: option.boundMs,
    gpuShare: option.gpuShare,
    cost: option.cost,
    serviceMs: serviceMs(profile, option),
  };
}

/** Mean times of the chosen session's measured batches by size, in rising order, up to the chosen size. */
function serviceMs(profile: Profile, { cell: chosen }: PlanOption): PlanStage['serviceMs'] {
  const bySize = new Map(
    cellsOfStage(profile, { ...chosen, name: chosen.stage })
      .filter((cell) => cell.batch <= chosen.batch && !cell.flags.includes('output-mismatch'))
      .map((cell) => [cell.batch, mean(expectedTimesMs(profile, cell))]),
  );
  return [...bySize].sort(([a], [b]) => a - b).map(([items, meanMs]) => ({ items, meanMs }));
}

/** Whether one worker holds all stages on a GPU, or each stage has its own. */
export type GpuWorkers = 'shared' | 'per-stage';

/** Whether one worker holds all stages on a CPU, or each replica has its own. */
export type CpuWorkers = 'shared' | 'per-replica';

/** Makes the workers of a plan. Stages on different GPU backends never share one. */
export function planWorkers(
  stages: readonly PlanStage[],
  gpuWorkers: GpuWorkers = 'shared',
  cpuWorkers: CpuWorkers = 'per-replica',
): PlanWorker[] {
  const workers: PlanWorker[] = [];
  const add = (base: string, rest: Omit<PlanWorker, 'id'>) => {
    let i = 0;
    const id = () => `${base.slice(0, 58)}-${i}`;
    while (workers.some((worker) => worker.id === id())) i++;
    workers.push({ id: id(), ...rest });
  };
  const groups = new Map<string, PlanStage[]>();
  for (const stage of stages.filter(({ backend }) => onGpu(backend))) {
    const group = gpuWorkers === 'shared' ? stage.backend : stage.name;
    groups.set(group, [...(groups.get(group) ?? []), stage]);
  }
  for (const group of groups.values())
    add('gpu', { backend: group[0]!.backend, threads: 1, stages: group.map(({ name }) => name) });
  const onCpu = stages.filter(({ backend }) => !onGpu(backend));
  if (cpuWorkers === 'shared' && onCpu.length > 0) {
    const { backend, threads } = onCpu[0]!;
    add('cpu', { backend, threads, stages: onCpu.map(({ name }) => name) });
  } else
    for (const { name, backend, threads, replicas } of onCpu)
      for (let n = 0; n < replicas; n++) add(name, { backend, threads, stages: [name] });
  return workers;
}

/** How a plan divides its stages on a CPU among workers. */
export const cpuWorkersOf = ({ workers }: Pick<Plan, 'workers'>): CpuWorkers =>
  workers.some(({ backend, stages }) => !onGpu(backend) && stages.length > 1) ? 'shared' : 'per-replica';
