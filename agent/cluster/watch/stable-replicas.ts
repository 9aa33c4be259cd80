import { onGpu } from '../../../solver/documents/common.ts';
import { cpuCoresOf, gpuWorkersOf, type Plan, type PlanStage } from '../../../solver/documents/plan.ts';
import { plannedGroups, type ReplicaGroup, replicaPlan, sameResources } from '../replica-plan.ts';

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
  #wanted: { readonly atMs: number; readonly plan: Plan }[] = [];

  constructor(private readonly windowMs: number) {}

  /**
   * Returns a newly decided plan with the replicas to run: keeps as many earlier replicas as the plan's cores and GPUs suffice
   * for.
   * @param nowMs time of the decision, not before that of the previous call
   */
  settle(plan: Plan, nowMs: number): Plan {
    this.#wanted = [
      ...this.#wanted.filter(({ atMs }) => nowMs - atMs < this.windowMs),
      { atMs: nowMs, plan },
    ];
    const planned = plannedGroups(plan);
    const needed = replicaPlan(plan, planned);
    // Stages that take turns on one GPU of the device get a GPU for each pod, so the plan may need more GPUs than the device has.
    const spare = {
      cores: plan.resources.cores - cpuCoresOf(needed),
      gpus: plan.resources.gpus - gpuWorkersOf(needed),
    };
    const groups = planned.map((group) => {
      const { backend, threads } = firstRow(plan, group);
      const [resource, each] = onGpu(backend) ? (['gpus', 1] as const) : (['cores', threads] as const);
      const room = Math.max(0, Math.floor(spare[resource] / each));
      const kept = Math.min(this.#most(plan, group) - group.replicas, room);
      spare[resource] -= kept * each;
      return { ...group, replicas: group.replicas + kept };
    });
    if (planned.every(({ replicas }, g) => groups[g]!.replicas === replicas)) return plan;
    return withCosts(replicaPlan(plan, groups), plan);
  }

  /** The most replicas that any plan of the window wanted for a group of stages, with the same resources as in this plan. */
  #most(plan: Plan, group: ReplicaGroup): number {
    const row = firstRow(plan, group);
    const like = this.#wanted.flatMap(({ plan: earlier }) =>
      plannedGroups(earlier).filter(
        (one) => one.stages.join() === group.stages.join() && sameResources(firstRow(earlier, one), row),
      ),
    );
    return Math.max(...like.map(({ replicas }) => replicas));
  }
}

/** The first row of a group, which has the backend and the threads of the whole group. */
const firstRow = ({ stages }: Plan, group: ReplicaGroup): PlanStage =>
  stages.find(({ name }) => name === group.stages[0])!;

/** Returns the plan with the cost of its present replicas. @param planned the plan before its replicas were changed */
function withCosts(plan: Plan, planned: Plan): Plan {
  const stages = plan.stages.map((stage, s) => ({
    ...stage,
    cost: (stage.cost * stage.replicas) / planned.stages[s]!.replicas,
  }));
  const more = stages.reduce((sum, { cost }, s) => sum + cost - planned.stages[s]!.cost, 0);
  return { ...plan, stages, predicted: { ...plan.predicted, cost: plan.predicted.cost + more } };
}
