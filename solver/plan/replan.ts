import { standingRequest } from '../adapt/standing-request.ts';
import type { Plan } from '../documents/plan.ts';
import { backendsOf, type Profile } from '../documents/profile.ts';
import { attainmentFigure } from '../math/figures.ts';
import { correctionText } from '../report/correction-text.ts';
import { type PlanRequest, resourcesOf } from './request.ts';

/**
 * Makes the request for a plan on this device that replaces a plan made on another device. The profile gives backends, cores and
 * GPUs. Memory is not limited. The old plan gives the rest: SLA, rate, objective and prices, among others.
 */
export function replanRequest(plan: Plan, profile: Profile): PlanRequest {
  const { cores, gpus } = resourcesOf(profile);
  const { memoryBytes: _, ...kept } = plan.resources;
  return {
    ...standingRequest(plan, backendsOf(profile)),
    ratePerS: plan.ratePerS,
    resources: { ...kept, cores, gpus },
  };
}

/** One difference between two plans, as text. */
interface PlanChange {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** The differences between a plan and the plan that it replaces. */
export function planChanges(before: Plan, after: Plan): PlanChange[] {
  const facts = ({ stages, workers, resources, predicted, inService }: Plan): Record<string, string> => ({
    ...Object.fromEntries(
      stages.flatMap((stage) => [
        [`${stage.name}: variant`, stage.variant],
        [`${stage.name}: backend`, `${stage.backend}${stage.threads > 1 ? ` ×${stage.threads}` : ''}`],
        [`${stage.name}: batch`, String(stage.batch)],
        [`${stage.name}: replicas`, String(stage.replicas)],
        [`${stage.name}: standby`, stage.standby?.variant ?? 'none'],
        ...(stage.escalation
          ? [[`${stage.name}: confidence below`, String(stage.escalation.below)] as const]
          : []),
      ]),
    ),
    'workers, by what each holds': workers.map((worker) => worker.stages.join(' + ')).join(', '),
    cores: String(resources.cores),
    GPUs: String(resources.gpus),
    'PAS, predicted': predicted.pas?.toFixed(3) ?? 'unknown',
    'attainment, predicted': attainmentFigure(predicted.slaAttainment, 3).toFixed(3),
    'times in service': correctionText({ inService }) || 'as in the profile',
    'cost, predicted': predicted.cost.toFixed(3),
  });
  const [old, now] = [facts(before), facts(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((what) => ({ what, before: old[what] ?? '–', after: now[what] ?? '–' }))
    .filter((change) => change.before !== change.after);
}
