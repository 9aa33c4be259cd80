import { sameServing } from '../../../solver/adapt/diff.ts';
import type { Plan, Prediction } from '../../../solver/documents/plan.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import type { confirmed, solved } from '../../state/plan/planning.ts';

/**
 * The plan to show: the integer program's choice until the simulation has ended, then the plan that the simulation confirmed or,
 * if it confirmed none, the plan with the fewest misses.
 */
export interface ShownPlan {
  readonly head: SolvedPlan['plan'];
  readonly boundMs: number;
  readonly pas: number | null;
  readonly cost: number;
  /** Null while the simulation runs, or if it failed. */
  readonly predicted: Prediction | null;
  /** Why the simulation failed; null if it did not. */
  readonly problem: Error | null;
  /** The integer program's choice, if another plan is shown because of the simulation; else null. */
  readonly chosen: SolvedPlan['plan'] | null;
}

/** The simulation's result for the same plan request and profile; null if there is none yet. */
export const confirmedOf = (
  found: NonNullable<typeof solved.value>,
  confirmation: typeof confirmed.value,
): Plan | Error | null =>
  confirmation?.settings === found.settings && confirmation.source === found.source
    ? confirmation.answer
    : null;

export function shownPlan(solvedPlan: SolvedPlan, confirmation: Plan | Error | null): ShownPlan {
  const { plan, boundMs, pas, cost } = solvedPlan;
  if (confirmation === null || confirmation instanceof Error)
    return { head: plan, boundMs, pas, cost, predicted: null, problem: confirmation, chosen: null };
  const { predicted } = confirmation;
  return {
    head: confirmation,
    boundMs: predicted.boundMs,
    pas: predicted.pas,
    cost: predicted.cost,
    predicted,
    problem: null,
    chosen: sameServing(confirmation, plan) ? null : plan,
  };
}
