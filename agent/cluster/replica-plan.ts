import { onGpu } from '../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { NotDeployableError } from './errors.ts';

/**
 * Refuses a plan that was made from times measured in a browser, or published: replicas run Node on the profiled device.
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

/** Number of ready replicas, by stage name. */
export type ReplicaCounts = Readonly<Record<string, number>>;

/**
 * The plan as an engine runs it: each worker is a replica with one stage, even if stages shared a worker on the profiled
 * device.
 * @param counts ready replicas; absent: as many as the plan wants. A stage without a replica still gets one worker, so that its
 * requests wait for a replica
 */
export function replicaPlan(plan: Plan, counts: ReplicaCounts = {}): Plan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    replicas: Math.max(1, counts[stage.name] ?? stage.replicas),
  }));
  return { ...plan, stages, workers: stages.flatMap(replicaWorkers) };
}

const replicaWorkers = ({ name, backend, threads, replicas }: PlanStage): Plan['workers'] =>
  Array.from({ length: replicas }, (_, i) => ({ id: `${name}-${i}`, backend, threads, stages: [name] }));

/** Whether a running replica can change from one plan stage to the other. If not, the engine replaces the replica. */
export const sameResources = (a: PlanStage, b: PlanStage): boolean =>
  a.backend === b.backend && (onGpu(a.backend) || a.threads === b.threads);
