import type { Problem } from '../documents/problem.ts';
import { sum } from '../math/statistics.ts';
import { combined, scores } from './core.ts';

/** A choice of one option per stage, with its figures. */
export interface DescribedChoice {
  /** The id of the chosen option, by stage name. */
  readonly choice: Record<string, string>;
  /** The stages' accuracies combined as the objective says; for `product` it is PAS. */
  readonly accuracy: number;
  readonly cost: number;
  readonly latencyMs: number;
}

/** Makes a function that describes choices of a problem. It takes the index of each stage's chosen option. */
export function choiceDescriber(problem: Problem): (indices: readonly number[]) => DescribedChoice {
  const { accuracy: method } = problem.objective;
  const scored = problem.stages.map(({ options }) => scores(options, method));
  return (indices) => {
    const chosen = problem.stages.map((stage, s) => stage.options[indices[s]!]!);
    return {
      choice: Object.fromEntries(problem.stages.map((stage, s) => [stage.name, chosen[s]!.id])),
      accuracy: combined(
        scored.map((ofStage, s) => ofStage[indices[s]!]!),
        method,
      ),
      cost: sum(chosen.map(({ cost }) => cost)),
      latencyMs: sum(chosen.map(({ latencyMs }) => latencyMs)),
    };
  };
}
