import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';

/** A plan cannot run in pods. */
export class NotDeployableError extends Error {
  override name = 'NotDeployableError';
  constructor(reason: string) {
    super(
      `This plan cannot run on a cluster: ${reason}. Profile on the nodes that will serve (ipa-agent profile ` +
        '--target kubernetes) and plan with that profile.',
    );
  }
}

/**
 * Pods run Node on the device that was profiled: nothing that was measured in a browser, or published, says what they do.
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

/** Pods of a stage that are there, by stage name. */
export type PodCounts = Readonly<Record<string, number>>;

/**
 * The plan as pods run it: each worker holds one stage, whatever shared a worker on one machine.
 * @param counts pods that are there; absent: as many as the plan wants. A stage has one at least, so that requests wait for it
 */
export function podPlan(plan: Plan, counts: PodCounts = {}): Plan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    replicas: Math.max(1, counts[stage.name] ?? stage.replicas),
  }));
  return { ...plan, stages, workers: stages.flatMap(podWorkers) };
}

const podWorkers = ({ name, backend, threads, replicas }: PlanStage): Plan['workers'] =>
  Array.from({ length: replicas }, (_, i) => ({ id: `pod-${i}`, backend, threads, stages: [name] }));

/** Whether pods of one can be changed to the other while they run: else they are replaced. */
export const sameResources = (a: PlanStage, b: PlanStage): boolean =>
  a.backend === b.backend && (onGpu(a.backend) || a.threads === b.threads);
