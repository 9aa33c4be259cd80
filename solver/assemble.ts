import { expectedTimesMs } from './co-run.ts';
import { onGpu } from './documents/common.ts';
import { PLAN, type Plan, type PlanStage, type PlanWorker } from './documents/plan.ts';
import type { Profile } from './documents/profile.ts';
import type { PlanOption, PlanRequest } from './options.ts';
import { mean } from './statistics.ts';

type PlanHead = Pick<
  Plan,
  'schema' | 'pipeline' | 'slaMs' | 'percentile' | 'ratePerS' | 'objective' | 'resources'
>;

/** What a plan takes over from what it was asked for. */
export const planHead = (profile: Profile, request: PlanRequest): PlanHead => ({
  schema: PLAN,
  pipeline: profile.pipeline,
  slaMs: request.slaMs,
  percentile: request.percentile,
  ratePerS: request.ratePerS,
  objective: request.objective,
  resources: request.resources,
});

/** A chosen option as a plan says it. */
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

/** Mean times of the session's batches that were measured, up to the chosen one; sizes rise. */
function serviceMs(profile: Profile, { cell: chosen }: PlanOption): PlanStage['serviceMs'] {
  const bySize = new Map(
    profile.cells.flatMap((cell) =>
      cell.state === 'measured' &&
      cell.stage === chosen.stage &&
      cell.variant === chosen.variant &&
      cell.backend === chosen.backend &&
      cell.threads === chosen.threads &&
      cell.batch <= chosen.batch &&
      !cell.flags.includes('output-mismatch')
        ? [[cell.batch, mean(expectedTimesMs(profile, cell))] as const]
        : [],
    ),
  );
  return [...bySize].sort(([a], [b]) => a - b).map(([items, meanMs]) => ({ items, meanMs }));
}

/**
 * The workers that hold the stages: one for all stages on a GPU (one each where they are on two GPU backends), since
 * runs that overlap on one GPU only hinder each other; on a CPU one per replica.
 */
export function planWorkers(stages: readonly PlanStage[]): PlanWorker[] {
  const workers: PlanWorker[] = [];
  const add = (base: string, rest: Omit<PlanWorker, 'id'>) => {
    let i = 0;
    const id = () => `${base.slice(0, 58)}-${i}`;
    while (workers.some((worker) => worker.id === id())) i++;
    workers.push({ id: id(), ...rest });
  };
  const shared = new Map<PlanStage['backend'], string[]>();
  for (const { name, backend } of stages)
    if (onGpu(backend)) shared.set(backend, [...(shared.get(backend) ?? []), name]);
  for (const [backend, names] of shared) add('gpu', { backend, threads: 1, stages: names });
  for (const { name, backend, threads, replicas } of stages)
    if (!onGpu(backend)) for (let n = 0; n < replicas; n++) add(name, { backend, threads, stages: [name] });
  return workers;
}
