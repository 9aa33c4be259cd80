import type { Plan, Prediction } from '../../../solver/documents/plan.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import type { confirmed, solved } from '../../state/planning.ts';

/** A plan as it is shown: as the program chose it, or as the simulation left it. */
export interface ShownPlan {
  readonly head: SolvedPlan['plan'];
  readonly boundMs: number;
  readonly pas: number;
  readonly cost: number;
  /** Null: not simulated yet. */
  readonly predicted: Prediction | null;
  /** Why it could not be simulated. */
  readonly problem: Error | null;
  /** What the program had chosen, where the simulation led to another plan. */
  readonly chosen: SolvedPlan['plan'] | null;
}

type Found<S extends { value: unknown }> = NonNullable<S['value']>;

/** The confirmation of what was solved; null: it is of another question, or not there yet. */
export const confirmedOf = (
  found: Found<typeof solved>,
  confirmation: typeof confirmed.value,
): Plan | Error | null =>
  confirmation?.question === found.question && confirmation.source === found.source
    ? confirmation.answer
    : null;

export function shownPlan(solvedPlan: SolvedPlan, confirmation: Plan | Error | null): ShownPlan {
  const { plan, boundMs, pas, cost } = solvedPlan;
  if (confirmation === null || confirmation instanceof Error)
    return { head: plan, boundMs, pas, cost, predicted: null, problem: confirmation, chosen: null };
  const { predicted, stages } = confirmation;
  return {
    head: confirmation,
    boundMs: predicted.boundMs,
    pas: predicted.pas,
    cost: predicted.cost,
    predicted,
    problem: null,
    chosen: sameSessions(stages, plan.stages) ? null : plan,
  };
}

const sameSessions = (a: Plan['stages'], b: Plan['stages']): boolean =>
  a.every((stage, s) => {
    const other = b[s]!;
    return (
      stage.variant === other.variant &&
      stage.backend === other.backend &&
      stage.batch === other.batch &&
      stage.replicas === other.replicas
    );
  });
