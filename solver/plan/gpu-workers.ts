import { onGpu } from '../documents/common.ts';
import type { Plan, PlanStage, Prediction } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { predict } from '../simulate/predict.ts';
import { gpuSlowDown } from './co-run.ts';
import { cpuWorkersOf, planWorkers } from './plan-document.ts';

/** Shares of attainment nearer than this are one: what a simulation of some thousand requests tells apart. */
const SAME_ATTAINMENT = 0.006;
/** One worker needs less memory and nobody to share with: another layout must be faster than it by this share. */
const WORTH = 0.05;

/**
 * The plan with one worker for each stage on a GPU, if simulation expects more of that than of the one that they share; else as
 * it is. Tried where two workers surely get more done than one.
 * @param plan simulated with a shared worker and this seed
 */
export function withBestWorkers(plan: Plan, profile: Profile, seed: number): Plan {
  const stages = plan.stages.map((stage) => besideOthers(stage, plan.stages, profile));
  if (stages.every((stage, s) => stage === plan.stages[s])) return plan;
  const apart: Plan = { ...plan, stages, workers: planWorkers(stages, 'per-stage', cpuWorkersOf(plan)) };
  const predicted = { ...plan.predicted, ...predict(apart, profile, { n: plan.predicted.n, seed }) };
  return isBetter(predicted, plan.predicted) ? { ...apart, predicted } : plan;
}

/** A stage with the times that its batches take beside the others on its GPU; itself where it has nothing to gain there. */
function besideOthers(stage: PlanStage, all: readonly PlanStage[], profile: Profile): PlanStage {
  const { backend } = stage;
  const others = all.filter((other) => other !== stage && other.backend === backend);
  if (!onGpu(backend) || others.length === 0) return stage;
  const slowDown = gpuSlowDown(profile, backend);
  // Two that take turns slow each other twice. Less than that must be sure.
  if (!slowDown || slowDown.high >= 2) return stage;
  const busy = Math.min(
    1,
    others.reduce((sum, { gpuShare }) => sum + gpuShare, 0),
  );
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
