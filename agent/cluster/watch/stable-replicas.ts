import { cpuCoresOf, gpuWorkersOf, type Plan, type PlanStage } from '../../../solver/documents/plan.ts';
import { plannedGroups, replicaPlan, sameResources } from '../replica-plan.ts';

/**
 * Milliseconds for which a stage keeps replicas by default: many times as long as a replica takes to start, so that a load that
 * goes down and up again does not wait for replicas to start.
 */
export const STABLE_MS = 60_000;

/**
 * Delays the removal of replicas, as Kubernetes' autoscaler does by its stabilisation window: a stage gets more replicas at
 * once, and fewer only when no plan of the last `windowMs` wanted more.
 */
export class StableReplicas {
  #wanted: { readonly atMs: number; readonly stages: readonly PlanStage[] }[] = [];

  constructor(private readonly windowMs: number) {}

  /**
   * Takes a newly decided plan, and returns it with the replicas to run, or unchanged if the kept replicas would need more cores
   * or GPUs than the plan has.
   * @param nowMs time of the decision, not before that of the previous call
   */
  settle(plan: Plan, nowMs: number): Plan {
    this.#wanted = [
      ...this.#wanted.filter(({ atMs }) => nowMs - atMs < this.windowMs),
      { atMs: nowMs, stages: plan.stages },
    ];
    const planned = plannedGroups(plan);
    // Replicas that hold several stages are not kept: there are always as many as the plan wants.
    const groups = planned.map((group) =>
      group.stages.length > 1 ? group : { ...group, replicas: this.#most(plan, group.stages[0]!) },
    );
    if (planned.every(({ replicas }, g) => groups[g]!.replicas === replicas)) return plan;
    const kept = withCosts(replicaPlan(plan, groups), plan);
    return fits(kept, plan) ? kept : plan;
  }

  /** The largest number of replicas that any plan of the window wanted for a stage with the same resources as in this plan. */
  #most(plan: Plan, name: string): number {
    const stage = plan.stages.find((one) => one.name === name)!;
    const like = this.#wanted.flatMap(({ stages }) =>
      stages.filter((earlier) => earlier.name === stage.name && sameResources(earlier, stage)),
    );
    return Math.max(...like.map(({ replicas }) => replicas));
  }
}

/** Whether the plan's resources suffice for the kept replicas. @param planned the plan before its replicas were changed */
function fits(kept: Plan, planned: Plan): boolean {
  const { cores, gpus } = kept.resources;
  // Stages that take turns on one GPU of the device get a GPU for each pod, so the plan itself may need more than the device has.
  const gpusMax = Math.max(gpus, gpuWorkersOf(planned));
  return cpuCoresOf(kept) <= cores && gpuWorkersOf(kept) <= gpusMax;
}

/** The plan with the cost of its replicas. @param planned the plan before its replicas were changed */
function withCosts(plan: Plan, planned: Plan): Plan {
  const stages = plan.stages.map((stage, s) => ({
    ...stage,
    cost: (stage.cost * stage.replicas) / planned.stages[s]!.replicas,
  }));
  const more = stages.reduce((sum, { cost }, s) => sum + cost - planned.stages[s]!.cost, 0);
  return { ...plan, stages, predicted: { ...plan.predicted, cost: plan.predicted.cost + more } };
}
