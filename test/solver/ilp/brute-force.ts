import type { Problem } from '../../../solver/documents/problem.ts';

/** A choice within the limits. */
interface Choice {
  readonly accuracy: number;
  readonly cost: number;
  readonly latencyMs: number;
  readonly objective: number;
}

/** Returns every choice within the limits, found without the solver. */
export function everyChoice(problem: Problem): Choice[] {
  const { alpha, beta, delta, accuracy: method } = problem.objective;
  const scored = problem.stages.map(({ options }) => {
    const distinct = [...new Set(options.map((o) => o.accuracy))].sort((a, b) => a - b);
    return options.map((option) => ({
      option,
      score: !method.startsWith('rank')
        ? option.accuracy
        : distinct.length === 1
          ? 1
          : distinct.indexOf(option.accuracy) / (distinct.length - 1),
    }));
  });
  const choices: Choice[] = [];
  const visit = (chosen: (typeof scored)[number]): void => {
    const stage = scored[chosen.length];
    if (stage) {
      for (const next of stage) visit([...chosen, next]);
      return;
    }
    const total = (
      of:
        | 'latencyMs'
        | 'gpuShare'
        | 'cores'
        | 'busyCores'
        | 'threadShare'
        | 'memoryBytes'
        | 'cost'
        | 'batch'
        | 'switchCost',
    ) => chosen.reduce((sum, { option }) => sum + option[of], 0);
    const most = (limit: number | undefined) => (limit ?? Number.POSITIVE_INFINITY) + 1e-9;
    const [latencyMs, cost] = [total('latencyMs'), total('cost')];
    if (latencyMs > most(problem.slaMs)) return;
    if (total('gpuShare') > most(problem.gpuShareMax)) return;
    if (total('cores') > most(problem.coresMax)) return;
    if (total('busyCores') > most(problem.busyCoresMax)) return;
    if (total('threadShare') > most(problem.threadShareMax)) return;
    if (total('memoryBytes') > most(problem.memoryBytesMax)) return;
    const scores = chosen.map(({ score }) => score);
    const added = scores.reduce((a, b) => a + b, 0);
    const accuracy = method.endsWith('product')
      ? scores.reduce((a, b) => a * b, 1)
      : method === 'mean'
        ? added / scores.length
        : added;
    const objective = alpha * accuracy - beta * cost - delta * total('batch') - total('switchCost');
    choices.push({ accuracy, cost, latencyMs, objective });
  };
  visit([]);
  return choices;
}

/** Returns the best objective by trying every choice, or undefined if none is within the limits. */
export function bruteForce(problem: Problem): number | undefined {
  const choices = everyChoice(problem);
  return choices.length === 0
    ? undefined
    : choices.reduce((best, { objective }) => Math.max(best, objective), Number.NEGATIVE_INFINITY);
}
