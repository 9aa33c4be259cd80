import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planMismatches, type Target } from '../../solver/plan/mismatches.ts';
import type { InitialPlanOptions } from './own-profile.ts';
import { checkPlan } from './target.ts';

interface InitialPlan {
  readonly plan: Plan;
  /** The profile on which new plans are made as the load changes; undefined without `adapt`. */
  readonly profile: IdentifiedProfile | undefined;
}

/**
 * Chooses the plan to start with: the given plan if it was made for this machine and these models. Otherwise refuses the given
 * plan or, with `replan`, plans again on a profile of this machine: the given profile, a stored one, or a new one. A plan of
 * another pipeline is always refused, because another pipeline is not what the user of the plan asked for.
 * @throws PlanRefusedError, UsageError, Interrupted, InfeasiblePlanError, NothingMeasuredError, and errors of profiling
 */
export async function initialPlan(
  given: Plan,
  models: LoadedManifest,
  target: Target,
  options: InitialPlanOptions,
  signal: AbortSignal,
): Promise<InitialPlan> {
  const plansAgain =
    options.replan && given.pipeline === target.pipeline && planMismatches(given, target).length > 0;
  if (!plansAgain) checkPlan(given, options.plan, target);
  if (!plansAgain && !options.adapt) return { plan: given, profile: undefined };
  // If the agent serves the given plan unchanged, it starts sooner without the planner and the profiler.
  const { profileHere, profileOf, replan } = await import('./own-profile.ts');
  if (!plansAgain) return { plan: given, profile: await profileOf(given, target, options) };
  const profile = await profileHere(given, models, target, options, signal);
  return { plan: await replan(given, profile), profile: options.adapt ? profile : undefined };
}
