import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyMethod } from '../../../solver/documents/plan.ts';
import type { Problem, ProblemOption } from '../../../solver/documents/problem.ts';
import { loadSolver } from '../../../solver/ilp/solve.ts';
import { anyProblem } from '../problems.ts';

const solver = await loadSolver();

const objective = (problem: Problem): number => {
  const solution = solver.solve(problem);
  return solution.status === 'optimal' ? solution.objective : Number.NEGATIVE_INFINITY;
};

const LIMITS = [
  'slaMs',
  'gpuShareMax',
  'coresMax',
  'busyCoresMax',
  'threadShareMax',
  'memoryBytesMax',
] as const;

describe.each(accuracyMethod.options)('the program, %s of accuracies', (method) => {
  it.each(LIMITS)('never lowers the objective with a higher %s', (limit) => {
    const more = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(anyProblem(method), more, more, (problem, a, b) => {
        const [low, high] = [a, b].map((part) => (1 + part) * (problem[limit] ?? 1)).sort((x, y) => x - y);
        const { [limit]: _, ...unlimited } = problem;
        const rising = [
          objective({ ...problem, [limit]: low! }),
          objective({ ...problem, [limit]: high! }),
          limit === 'slaMs' ? Number.POSITIVE_INFINITY : objective(unlimited as Problem),
        ];
        for (const [i, value] of rising.slice(1).entries())
          expect(value).toBeGreaterThanOrEqual(rising[i]! - 1e-9 * Math.max(1, Math.abs(rising[i]!)));
      }),
      { numRuns: 60 },
    );
  });

  it('never chooses a dominated option', () => {
    const worsening = fc.record({
      accuracy: fc.constantFrom(1, 0.9, 0),
      cost: fc.constantFrom(0.001, 1),
      latencyMs: fc.constantFrom(0, 1),
      cores: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(anyProblem(method), worsening, fc.boolean(), (problem, by, first) => {
        const worse = (o: ProblemOption): ProblemOption => ({
          ...o,
          id: `worse-${o.id}`,
          accuracy: o.accuracy * by.accuracy,
          cost: o.cost + by.cost,
          latencyMs: o.latencyMs + by.latencyMs,
          cores: o.cores + by.cores,
        });
        const solution = solver.solve({
          ...problem,
          objective: { ...problem.objective, beta: 0.01 + problem.objective.beta },
          stages: problem.stages.map(({ name, options }) => {
            const copies = options.map(worse);
            return { name, options: first ? [...copies, ...options] : [...options, ...copies] };
          }),
        });
        if (solution.status === 'infeasible') return;
        expect(Object.values(solution.choice).filter((id) => id.startsWith('worse'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
