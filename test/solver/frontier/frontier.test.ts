import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyMethod } from '../../../solver/documents/plan.ts';
import { type Problem, parseProblem } from '../../../solver/documents/problem.ts';
import { merged, paretoChoices } from '../../../solver/frontier/frontier.ts';
import { profileFrontier } from '../../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../../solver/ilp/solve.ts';
import { FrontierTooLargeError } from '../../../solver/plan/errors.ts';
import { everyChoice } from '../ilp/brute-force.ts';
import { instance } from '../instances.ts';
import { anyProblem, equalTo } from '../problems.ts';
import { cell, profile, request, runs } from '../profiles.ts';

const solver = await loadSolver();

interface Triple {
  readonly accuracy: number;
  readonly cost: number;
  readonly latencyMs: number;
}

const noWorse = (a: Triple, b: Triple) =>
  a.cost <= b.cost * (1 + 1e-12) &&
  a.latencyMs <= b.latencyMs * (1 + 1e-12) &&
  a.accuracy >= b.accuracy * (1 - 1e-12);

/** Returns the choices within the limits than which no other is as good or better; of equal choices, one. */
function bruteFrontier(problem: Problem): Triple[] {
  const kept: Triple[] = [];
  for (const choice of everyChoice(problem)) {
    if (kept.some((other) => noWorse(other, choice))) continue;
    kept.splice(0, kept.length, ...kept.filter((other) => !noWorse(choice, other)), choice);
  }
  return kept.sort((a, b) => a.cost - b.cost || a.latencyMs - b.latencyMs);
}

describe.each(accuracyMethod.options)('the frontier, %s of accuracies', (method) => {
  // Few random problems have a long frontier, and once in some thousand runs none of them has.
  const long = instance(1, {
    ...{ kind: 'pipeline', stages: 3, variants: 3, batches: 2, accuracy: method },
    ...{ slaAt: 1.5, capacities: true, capacityAt: 1 },
  });

  it('is that of all choices', () => {
    let longest = 0;
    fc.assert(
      fc.property(anyProblem(method), (problem) => {
        const found = paretoChoices(problem);
        const expected = bruteFrontier(problem);
        expect(found.length).toBe(expected.length);
        longest = Math.max(longest, found.length);
        for (const point of found)
          expect(
            expected.filter((other) => noWorse(point, other) && noWorse(other, point)),
            JSON.stringify(point),
          ).toHaveLength(1);
      }),
      { numRuns: 200, examples: [[long]] },
    );
    expect(longest).toBeGreaterThan(4);
  });

  it('says with which weights the program chooses each point', () => {
    let chosen = 0;
    fc.assert(
      fc.property(anyProblem(method), (problem) => {
        const points = merged(paretoChoices(problem));
        for (const { weights, accuracy, cost, latencyMs } of points) {
          // The program is solved to 1e-9 of the objective, too coarsely for a narrow range of β.
          if (!weights || weights.betaMin > 0.99 * (weights.betaMax ?? Number.POSITIVE_INFINITY)) continue;
          const beta =
            weights.betaMax === null ? 2 * weights.betaMin + 1 : (weights.betaMin + weights.betaMax) / 2;
          const solution = solver.solve({
            ...problem,
            slaMs: latencyMs,
            objective: { alpha: 1, beta, delta: 0, accuracy: method },
            stages: problem.stages.map((stage) => ({
              ...stage,
              options: stage.options.map((option) => ({ ...option, switchCost: 0 })),
            })),
          });
          if (solution.status !== 'optimal') throw new Error(solution.binding);
          equalTo(solution.cost, cost, `cost with β ${beta}`);
          equalTo(solution.accuracy, accuracy, `accuracy with β ${beta}`);
          chosen++;
        }
      }),
      { numRuns: 100, examples: [[long]] },
    );
    expect(chosen).toBeGreaterThan(50);
  });

  it('says of the others that none does: another point always is as good, within their latency', () => {
    fc.assert(
      fc.property(anyProblem(method), fc.double({ min: -6, max: 3, noNaN: true }), (problem, exponent) => {
        const points = merged(paretoChoices(problem));
        const beta = 10 ** exponent;
        const value = (point: Triple) => point.accuracy - beta * point.cost;
        for (const point of points) {
          const best = Math.max(
            ...points.filter((other) => other.latencyMs <= point.latencyMs && other !== point).map(value),
          );
          const { betaMin, betaMax } = point.weights ?? { betaMin: 1, betaMax: 0 };
          const within = beta > betaMin && beta < (betaMax ?? Number.POSITIVE_INFINITY);
          const margin = 1e-9 * (1 + beta * point.cost);
          if (within) expect(value(point)).toBeGreaterThanOrEqual(best - margin);
          else expect(value(point)).toBeLessThanOrEqual(best + margin);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const problem = (...stages: [accuracy: number, cost: number, latencyMs: number][][]) =>
  parseProblem(
    {
      slaMs: 100,
      objective: {},
      stages: stages.map((options, s) => ({
        name: `stage-${s}`,
        options: options.map(([accuracy, cost, latencyMs], o) => ({
          id: `o${o}`,
          accuracy,
          cost,
          latencyMs,
          batch: 1,
        })),
      })),
    },
    'test',
  );

describe('the frontier', () => {
  it('tells the weights of a small one', () => {
    const small = problem([
      [0.5, 1, 20],
      [0.9, 3, 20],
      // No option beats this one, but it lies below the line between the two above, so no weights choose it.
      [0.6, 2, 20],
      [0.4, 4, 10],
    ]);
    const points = merged(paretoChoices(small));
    expect(points.map(({ choice, weights }) => [choice['stage-0'], weights])).toEqual([
      ['o0', { betaMin: 0.2, betaMax: null }],
      ['o2', null],
      ['o1', { betaMin: 0, betaMax: 0.2 }],
      // No other option is as fast, so any weights choose this one.
      ['o3', { betaMin: 0, betaMax: null }],
    ]);
  });

  it('has equal sums once, in whatever order their terms are added', () => {
    const options: [number, number, number][] = [0.1, 0.2, 0.3].map((x) => [0.5 + x, x, 0.3 - x / 2]);
    const points = paretoChoices(problem(options, options, options));
    expect(new Set(points.map((p) => p.cost.toFixed(9))).size).toBe(7);
    expect(points.length).toBe(bruteFrontier(problem(options, options, options)).length);
  });

  it('is empty where nothing is within the limits', () => {
    expect(paretoChoices(problem([[0.5, 1, 101]]))).toEqual([]);
  });

  it('refuses to go through too many choices', () => {
    const large = instance(1, {
      kind: 'pipeline',
      stages: 12,
      variants: 10,
      batches: 8,
      accuracy: 'product',
      capacities: false,
      slaAt: 1.5,
      capacityAt: 1,
    });
    expect(() => paretoChoices(large)).toThrow(FrontierTooLargeError);
  });
});

describe('the frontier of a profile', () => {
  const measured = profile([
    cell('detect', 's', 'wasm', 1, runs(5)),
    cell('detect', 's', 'wasm', 2, runs(8)),
    cell('detect', 'm', 'wasm', 1, runs(20)),
    cell('classify', 's', 'wasm', 1, runs(3)),
    cell('classify', 'l', 'wasm', 1, runs(9)),
  ]);

  it('names variants and batches, by rising cost, and holds the plan', () => {
    const points = profileFrontier(measured, request());
    expect(points.length).toBeGreaterThan(2);
    expect(points.map((p) => p.cost)).toEqual(points.map((p) => p.cost).sort((a, b) => a - b));
    expect(points.some((p) => p.variants.detect === 'm' && p.variants.classify === 'l')).toBe(true);
    for (const point of points) {
      expect(point.backends).toEqual(['wasm']);
      expect(Object.keys(point.batches)).toEqual(['detect', 'classify']);
      expect(point.boundMs).toBeLessThanOrEqual(500);
    }
  });

  it('has those of every shorter SLA in it', () => {
    const points = profileFrontier(measured, request());
    for (const slaMs of [40, 80, 160]) {
      const shorter = profileFrontier(measured, request({ slaMs }));
      expect(shorter).toEqual(points.filter((point) => point.boundMs <= slaMs));
    }
  });
});
