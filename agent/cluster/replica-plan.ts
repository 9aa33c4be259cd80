import { onGpu } from '../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { NotDeployableError } from './errors.ts';

/**
 * Replicas run Node on the device that was profiled. Times that were measured in a browser, or published, do not hold for
 * them.
 * @throws NotDeployableError
 */
export function checkDeployable(plan: Plan): void {
  const { environment } = plan.profile.device;
  if (environment !== 'node')
    throw new NotDeployableError(
      environment === 'browser' ? 'it was made for a browser' : 'its times are published, not measured',
    );
  const wasm = plan.stages.find(({ backend }) => backend === 'wasm');
  if (wasm) throw new NotDeployableError(`stage ${wasm.name} runs on wasm, which only browsers have`);
}

/** Replicas that are ready, by stage name. */
export type ReplicaCounts = Readonly<Record<string, number>>;

/**
 * The plan as an engine runs it: each worker is a replica and holds one stage, even where stages shared a worker on the
 * machine that was profiled.
 * @param counts replicas that are ready; absent: as many as the plan wants. A stage without a replica is given one worker,
 * so that its requests wait for a replica
 */
export function replicaPlan(plan: Plan, counts: ReplicaCounts = {}): Plan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    replicas: Math.max(1, counts[stage.name] ?? stage.replicas),
  }));
  return { ...plan, stages, workers: stages.flatMap(replicaWorkers) };
}

const replicaWorkers = ({ name, backend, threads, replicas }: PlanStage): Plan['workers'] =>
  Array.from({ length: replicas }, (_, i) => ({ id: `replica-${i}`, backend, threads, stages: [name] }));

/** Whether a running replica of one can be changed to the other. If not, the engine replaces the replica. */
export const sameResources = (a: PlanStage, b: PlanStage): boolean =>
  a.backend === b.backend && (onGpu(a.backend) || a.threads === b.threads);
