import { onGpu } from '../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { CascadeUnsupportedError, NotDeployableError } from './errors.ts';

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

/** Refuses a plan with cascades. @param what does not run them, and why @throws CascadeUnsupportedError */
export function checkNoCascades({ stages }: Plan, what: string): void {
  const cascades = stages.flatMap(({ escalation }) => escalation?.from ?? []);
  if (cascades.length > 0) throw new CascadeUnsupportedError(what, cascades);
}

/** Replicas that hold the same stages. */
export interface ReplicaGroup {
  readonly stages: readonly string[];
  readonly replicas: number;
}

/**
 * The plan as an engine runs it: each worker is a replica with the stages that it holds, whichever stages shared a worker on the
 * profiled device.
 * @param groups replicas that serve; absent: each stage has replicas of its own, as many as the plan wants. A stage that no replica
 * holds still gets one worker, so that its requests wait for a replica
 */
export function replicaPlan(
  plan: Plan,
  groups: readonly ReplicaGroup[] = plan.stages.map(({ name, replicas }) => ({ stages: [name], replicas })),
): Plan {
  const names = new Set(plan.stages.map(({ name }) => name));
  // Pods of a heavy variant may outlive the plan that had it.
  const held = groups.filter(
    ({ stages, replicas }) => replicas > 0 && stages.every((name) => names.has(name)),
  );
  const replicasOf = ({ name }: PlanStage) =>
    held.reduce((sum, { stages, replicas }) => (stages.includes(name) ? sum + replicas : sum), 0);
  const waiting = plan.stages.filter((stage) => replicasOf(stage) === 0);
  const stages = plan.stages.map((stage) => ({ ...stage, replicas: Math.max(1, replicasOf(stage)) }));
  const all = [...held, ...waiting.map(({ name }) => ({ stages: [name], replicas: 1 }))];
  return { ...plan, stages, workers: inOrder(plan, all).flatMap((group) => workersOf(plan, group)) };
}

/** Groups in the order of their first stages, and each group's stages in the order of the plan. */
function inOrder(plan: Plan, groups: readonly ReplicaGroup[]): ReplicaGroup[] {
  const place = (stage: string) => plan.stages.findIndex(({ name }) => name === stage);
  return groups
    .map(({ stages, replicas }) => ({ replicas, stages: [...stages].sort((a, b) => place(a) - place(b)) }))
    .sort((a, b) => place(a.stages[0]!) - place(b.stages[0]!) || a.stages.length - b.stages.length);
}

function workersOf(plan: Plan, { stages, replicas }: ReplicaGroup): Plan['workers'] {
  const { backend, threads } = plan.stages.find(({ name }) => name === stages[0])!;
  return Array.from({ length: replicas }, (_, i) => ({
    id: `${stages.join('_')}-${i}`,
    backend,
    threads,
    stages: [...stages],
  }));
}

/**
 * The replicas that a plan wants: stages that share a worker share a replica, so that replicas hold the cores and the GPUs that the
 * plan counts.
 */
export function plannedGroups({ stages, workers }: Plan): ReplicaGroup[] {
  const groups = new Map<string, ReplicaGroup>();
  for (const { name, replicas } of stages) {
    const held = workers.find((worker) => worker.stages.includes(name))!.stages;
    const like = workers.filter(({ stages: other }) => other.join() === held.join());
    groups.set(held.join(), { stages: held, replicas: held.length === 1 ? replicas : like.length });
  }
  return [...groups.values()];
}

/** Whether a running replica can change from one plan stage to the other. If not, the engine replaces the replica. */
export const sameResources = (a: PlanStage, b: PlanStage): boolean =>
  a.backend === b.backend && (onGpu(a.backend) || a.threads === b.threads);
