import { beforeAll, expect, it } from 'vitest';
import type { Problem } from '../../solver/documents/problem.ts';
import { frontier } from '../../solver/frontier.ts';
import { loadSolver, type Solver } from '../../solver/ilp/solve.ts';
import { instance, type Kind } from './instances.ts';

let solver: Solver;
beforeAll(async () => {
  solver = await loadSolver();
});

/** Accuracy and cost of every choice within the limits that no other beats, by rising cost. */
function bruteFrontier(problem: Problem): [accuracy: number, cost: number][] {
  let points = [{ accuracy: 1, cost: 0, latencyMs: 0, gpuShare: 0, cores: 0 }];
  for (const { options } of problem.stages)
    points = points.flatMap((p) =>
      options.map((o) => ({
        accuracy: p.accuracy * o.accuracy,
        cost: p.cost + o.cost,
        latencyMs: p.latencyMs + o.latencyMs,
        gpuShare: p.gpuShare + o.gpuShare,
        cores: p.cores + o.cores,
      })),
    );
  const limit = (value: number | undefined) => (value ?? Number.POSITIVE_INFINITY) + 1e-9;
  const kept: [number, number][] = [];
  for (const p of points
    .filter((p) => p.latencyMs <= limit(problem.slaMs))
    .filter((p) => p.gpuShare <= limit(problem.gpuShareMax) && p.cores <= limit(problem.coresMax))
    .sort((a, b) => a.cost - b.cost || b.accuracy - a.accuracy))
    if (kept.length === 0 || p.accuracy > kept.at(-1)![0] * (1 + 1e-8)) kept.push([p.accuracy, p.cost]);
  return kept;
}

it('is that of all choices, by rising cost', () => {
  let longest = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const problem = instance(seed, {
      kind: (['pipeline', 'uncorrelated', 'correlated', 'integer'] satisfies Kind[])[seed % 4]!,
      stages: 1 + (seed % 3),
      variants: 4,
      batches: 2,
      accuracy: 'product',
      capacities: seed % 2 === 0,
      slaAt: 0.4,
      capacityAt: 1.5,
    });
    const found = frontier(solver, problem);
    const expected = bruteFrontier(problem);
    expect(found.length, `seed ${seed}`).toBe(expected.length);
    found.forEach(({ accuracy, cost }, i) => {
      expect(accuracy, `seed ${seed}`).toBeCloseTo(expected[i]![0], 8);
      expect(cost, `seed ${seed}`).toBeCloseTo(expected[i]![1], 8);
    });
    longest = Math.max(longest, found.length);
  }
  expect(longest).toBeGreaterThan(8);
});
