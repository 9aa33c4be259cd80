import { onGpu } from '../documents/common.ts';
import type { Plan, PlanStage, PlanWorker, Prediction } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { sum } from '../math/statistics.ts';
import { predict } from '../simulate/predict.ts';
import { gpuSlowDown } from './co-run.ts';
import { cpuWorkersOf, planWorkers } from './plan-document.ts';

/**
 * Attainments that differ by at most this count as equal, because a simulation of a few thousand requests cannot tell them apart.
 */
const SAME_ATTAINMENT = 0.006;
/** Separate workers need more memory than a shared one, so they must lower the p95 by at least this fraction. */
const WORTH = 0.05;

/**
 * The plan with one worker for each stage on a GPU, if simulation predicts that it does better than one worker for all of them;
 * otherwise the plan unchanged.
 * @param plan a plan with one worker for all stages on a GPU, whose prediction was simulated with this seed
 */
export function withBestWorkers(plan: Plan, profile: Profile, seed: number): Plan {
  const apart = workersApart(plan, profile);
  if (!apart) return plan;
  const predicted = { ...plan.predicted, ...predict(apart, profile, { n: plan.predicted.n, seed }) };
  return isBetter(predicted, plan.predicted) ? { ...apart, predicted } : plan;
}

/** The plan with one worker for each stage on a GPU; undefined unless co-runs show that two workers get more done than one. */
export function workersApart<P extends Pick<Plan, 'stages' | 'workers'>>(
  plan: P,
  profile: Profile,
): P | undefined {
  const stages = allWithGpuNeighbours(plan.stages, profile);
  if (stages.every((stage, s) => stage === plan.stages[s])) return undefined;
  return { ...plan, stages, workers: planWorkers(stages, 'per-stage', cpuWorkersOf(plan)) };
}

/**
 * The rows of a plan whose workers run already. If each stage on a GPU has a worker of its own there, the service times become
 * those beside the other stages' workers.
 */
export const rowsIn = (workers: readonly PlanWorker[], rows: PlanStage[], profile: Profile): PlanStage[] =>
  workers.some(({ backend, stages }) => onGpu(backend) && stages.length > 1)
    ? rows
    : allWithGpuNeighbours(rows, profile);

const allWithGpuNeighbours = (rows: readonly PlanStage[], profile: Profile): PlanStage[] =>
  rows.map((row) => withGpuNeighbours(row, rows, profile));

/**
 * Lengthens a stage's service times to those expected beside the other stages' workers on its GPU. Returns the stage unchanged if
 * separate workers gain nothing.
 */
function withGpuNeighbours(stage: PlanStage, all: readonly PlanStage[], profile: Profile): PlanStage {
  const { backend } = stage;
  const others = all.filter((other) => other !== stage && other.backend === backend);
  if (!onGpu(backend) || others.length === 0) return stage;
  const slowDown = gpuSlowDown(profile, backend);
  // Two workers that only take turns slow each other by a factor of 2, so the confidence interval must lie below 2.
  if (!slowDown || slowDown.high >= 2) return stage;
  const busy = Math.min(1, sum(others.map(({ gpuShare }) => gpuShare)));
  const longer = 1 + (slowDown.median - 1) * busy;
  return {
    ...stage,
    serviceMs: stage.serviceMs.map((point) => ({ ...point, meanMs: point.meanMs * longer })),
  };
}

function isBetter(a: Prediction, b: Prediction): boolean {
  const gained = a.slaAttainment - b.slaAttainment;
  if (Math.abs(gained) > SAME_ATTAINMENT) return gained > 0;
  return (a.latencyMs?.p95 ?? Infinity) < (1 - WORTH) * (b.latencyMs?.p95 ?? Infinity);
}
