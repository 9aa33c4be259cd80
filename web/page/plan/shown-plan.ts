import type { Plan, Prediction } from '../../../solver/documents/plan.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import type { confirmed, solved } from '../../state/plan/planning.ts';

/** The plan to show: first the integer program's choice, then the plan that the simulation confirmed. */
export interface ShownPlan {
  readonly head: SolvedPlan['plan'];
  readonly boundMs: number;
  readonly pas: number;
  readonly cost: number;
  /** Null while the simulation is not finished. */
  readonly predicted: Prediction | null;
  /** Why the simulation failed; null where it did not. */
  readonly problem: Error | null;
  /** The program's first choice; null where the simulation confirmed it. */
  readonly chosen: SolvedPlan['plan'] | null;
}

type Found<S extends { value: unknown }> = NonNullable<S['value']>;

/** The simulation's result for a solved plan; null while there is none for the same question. */
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
    chosen: haveSameSessions(stages, plan.stages) ? null : plan,
  };
}

const haveSameSessions = (a: Plan['stages'], b: Plan['stages']): boolean =>
  a.every((stage, s) => {
    const other = b[s]!;
    return (
      stage.variant === other.variant &&
      stage.backend === other.backend &&
      stage.batch === other.batch &&
      stage.replicas === other.replicas
    );
  });
