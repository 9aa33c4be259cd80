import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { onGpu } from '../../solver/documents/common.ts';
import {
  cpuCoresOf,
  type Plan,
  type PlanStage,
  type PlanWorker,
  stageNameOf,
} from '../../solver/documents/plan.ts';
import { counted } from '../../solver/math/figures.ts';
import { cpuWorkersOf, heavyNames, planWorkers, workerIds } from '../../solver/plan/plan-document.ts';
import { replicasFor } from '../../solver/plan/row-option.ts';
import { EditedPlanError, NotDeployableError } from './errors.ts';

/**
 * Refuses a plan whose times were measured in a browser or taken from a publication, or that has a stage on wasm, because
 * replicas run in Node. Also refuses an edited plan whose stages ask for other replicas or threads than its workers have, or
 * whose workers hold more cores than its resources have.
 * @throws NotDeployableError, EditedPlanError
 */
export function checkDeployable(plan: Plan): void {
  const { environment } = plan.profile.device;
  if (environment !== 'node')
    throw new NotDeployableError(
      environment === 'browser' ? 'it was made for a browser' : 'its times are published, not measured',
    );
  const wasm = plan.stages.find(({ backend }) => backend === 'wasm');
  if (wasm) throw new NotDeployableError(`stage ${wasm.name} runs on wasm, which only browsers have`);
  const contradictions = contradictionsIn(plan);
  if (contradictions.length > 0) throw new EditedPlanError(contradictions);
}

/** Describes each contradiction between a plan's replicas, threads or cores and its own list of workers. */
function contradictionsIn({ stages, workers, resources }: Plan): string[] {
  const ofStages = stages.flatMap(({ name, backend, threads, replicas }) => {
    const own = workers.filter((worker) => worker.stages.includes(name));
    const other = own.find((worker) => !onGpu(backend) && worker.threads !== threads);
    return [
      ...(other
        ? [
            `stage ${name} asks for ${counted(threads, 'thread')}, and its worker ${other.id} has ${other.threads}`,
          ]
        : []),
      ...(own.length === replicas
        ? []
        : [
            `stage ${name} asks for ${counted(replicas, 'replica')}, and has ${counted(own.length, 'worker')}`,
          ]),
    ];
  });
  const cores = cpuCoresOf({ workers });
  if (cores <= resources.cores) return ofStages;
  return [
    ...ofStages,
    `its workers hold ${counted(cores, 'core')}, and its resources are ${counted(resources.cores, 'core')}`,
  ];
}

/** Replicas that hold the same stages, which the names of the plan's rows identify. */
export interface ReplicaGroup {
  readonly stages: readonly string[];
  readonly replicas: number;
}

/**
 * Returns the plan as an engine runs it: each of its workers is one replica, with the stages that this replica holds. The given
 * plan may group the stages into workers otherwise.
 * @param groups the replicas that serve; by default each stage has replicas of its own, as many as the plan wants. A stage that
 * no replica holds still gets one worker, so that its requests wait for a replica
 */
export function replicaPlan(
  plan: Plan,
  groups: readonly ReplicaGroup[] = plan.stages.map(({ name, replicas }) => ({ stages: [name], replicas })),
): Plan {
  const names = new Set(plan.stages.map(({ name }) => name));
  // Replicas of a heavy variant may outlive the plan with that variant. They run no stage of this plan.
  const held = groups.filter(({ stages }) => stages.every((name) => names.has(name)));
  const replicasOf = ({ name }: PlanStage) =>
    held.reduce((sum, { stages, replicas }) => (stages.includes(name) ? sum + replicas : sum), 0);
  const waiting = plan.stages.filter((stage) => replicasOf(stage) === 0);
  const stages = plan.stages.map((stage) => ({ ...stage, replicas: Math.max(1, replicasOf(stage)) }));
  const all = [...held, ...waiting.map(({ name }) => ({ stages: [name], replicas: 1 }))];
  const idOf = workerIds();
  return { ...plan, stages, workers: inOrder(plan, all).flatMap((group) => workersOf(plan, group, idOf)) };
}

/**
 * Gives each stage replicas of its own if all stages share CPU workers and the plan's cores suffice, so that each stage can scale
 * by itself as the load changes. Except for the cost, the plan keeps the prediction for the shared workers, which are busier.
 */
export function withOwnReplicas(plan: Plan): Plan {
  if (cpuWorkersOf(plan) !== 'shared' || plan.stages.some(({ backend }) => onGpu(backend))) return plan;
  const { cores, pricePerCore } = plan.resources;
  const rowsBeside = (row: PlanStage) =>
    plan.stages.filter((other) => stageNameOf(other) === stageNameOf(row));
  const stages = plan.stages.map((row) => {
    const busy = rowsBeside(row).reduce((sum, other) => sum + busyShare(other), 0);
    const replicas = replicasFor(busy, plan);
    return { ...row, replicas, cost: (pricePerCore * row.threads * replicas) / rowsBeside(row).length };
  });
  const workers = planWorkers(stages);
  if (cpuCoresOf({ workers }) > cores) return plan;
  const cost = stages.reduce((sum, stage) => sum + stage.cost, 0);
  return { ...plan, stages, workers, predicted: { ...plan.predicted, cost } };
}

/** Share of its time that one worker would be busy with a row's items. */
const busyShare = ({ itemsPerS, batch, serviceMs }: PlanStage): number =>
  (itemsPerS * serviceMs.at(-1)!.meanMs) / (1000 * batch);

/** Sorts groups by the places of their first stages in the plan, and the stages of each group by their places. */
function inOrder(plan: Plan, groups: readonly ReplicaGroup[]): ReplicaGroup[] {
  const place = (stage: string) => plan.stages.findIndex(({ name }) => name === stage);
  return groups
    .map(({ stages, replicas }) => ({ replicas, stages: [...stages].sort((a, b) => place(a) - place(b)) }))
    .sort((a, b) => place(a.stages[0]!) - place(b.stages[0]!) || a.stages.length - b.stages.length);
}

function workersOf(
  plan: Plan,
  { stages, replicas }: ReplicaGroup,
  idOf: (base: string) => string,
): Plan['workers'] {
  const { backend, threads } = plan.stages.find(({ name }) => name === stages[0])!;
  return Array.from({ length: replicas }, () => ({
    id: idOf(stages.join('_')),
    backend,
    threads,
    stages: [...stages],
  }));
}

/**
 * The replicas that a plan wants. Stages that share a worker share a replica, so that the replicas take no more cores and GPUs
 * than the plan counts.
 */
export function plannedGroups({ stages, workers }: Plan): ReplicaGroup[] {
  // An edited plan may name a worker's stages in any order.
  const heldBy = (worker: PlanWorker) =>
    stages.map(({ name }) => name).filter((name) => worker.stages.includes(name));
  const groups = new Map<string, ReplicaGroup>();
  for (const { name, replicas } of stages) {
    const own = workers.filter((worker) => worker.stages.includes(name));
    const held = heldBy(own[0]!);
    const like = own.filter((worker) => heldBy(worker).join() === held.join());
    groups.set(held.join(), { stages: held, replicas: held.length === 1 ? replicas : like.length });
  }
  return [...groups.values()];
}

/**
 * Whether the replicas of a group hold only the heavy variant of a cascade. A plan without the cascade needs no such replicas.
 */
export const isHeavy = ({ stages }: Plan, group: ReplicaGroup): boolean =>
  group.stages.length === 1 && stages.some(({ name, escalation }) => escalation && name === group.stages[0]);

/** For each stage of a pipeline, by its name: the name of its heavy variant's row in plans with a cascade. */
export const heavyRows = ({ stages }: Pipeline): ReadonlyMap<string, string> =>
  heavyNames(stages.map(({ name }) => name));

/** Whether a running replica can change from one plan stage to the other. If not, the engine replaces the replica. */
export const sameResources = (a: PlanStage, b: PlanStage): boolean =>
  a.backend === b.backend && (onGpu(a.backend) || a.threads === b.threads);
