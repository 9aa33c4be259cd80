import { describe, expect, it } from 'vitest';
import { type Problem, parseProblem, type Solution } from '../../../solver/documents/problem.ts';
import { paretoChoices } from '../../../solver/frontier/frontier.ts';
import { objectiveOf, toCore } from '../../../solver/ilp/core.ts';
import type { Glpk } from '../../../solver/ilp/glpk.ts';
import { maximise } from '../../../solver/ilp/maximise.ts';
import { loadSolver } from '../../../solver/ilp/solve.ts';
import { seededRandom } from '../../../solver/math/random.ts';
import { instance } from '../instances.ts';
import { bruteForce } from './brute-force.ts';
import { small } from './small-problems.ts';

const solver = await loadSolver();

const objective = (solution: Solution): number => {
  if (solution.status !== 'optimal') throw new Error(`infeasible: ${solution.binding}`);
  return solution.objective;
};

/** Expects agreement to 1e-9, relatively. */
const expectEqual = (found: number, expected: number, what: string) =>
  expect(Math.abs(found - expected), `${what}: ${found}, expected ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.abs(expected),
  );

const problem = (fields: Record<string, unknown>) => parseProblem(fields, 'test');
const stage = (name: string, ...options: [latencyMs: number, accuracy: number, cost: number][]) => ({
  name,
  options: options.map(([latencyMs, accuracy, cost], i) => ({
    id: `o${i}`,
    latencyMs,
    accuracy,
    cost,
    batch: 1,
  })),
});

describe('against brute force', () => {
  it('agrees on 2,000 random problems of up to 4 stages of 8 options, every method, with and without capacities', () => {
    let infeasible = 0;
    for (let seed = 1; seed <= 2000; seed++) {
      const given = small(seed);
      const best = bruteForce(given);
      const solution = solver.solve(given);
      if (best === undefined) {
        infeasible++;
        expect(solution.status, `seed ${seed}`).toBe('infeasible');
        continue;
      }
      expectEqual(objective(solution), best, `seed ${seed}`);
      if (solution.status === 'optimal')
        expect(solution.bound, `seed ${seed}`).toBeGreaterThanOrEqual(best - 1e-9 * Math.abs(best));
    }
    expect(infeasible).toBeGreaterThan(100);
    expect(infeasible).toBeLessThan(1000);
  });

  it('agrees whatever the size of the terms', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const { stages, objective: weights, ...limits } = small(seed);
      const [time, money, worth] = [-4, -3, -6].map((low) => 10 ** (low + 8 * random()));
      const scaled = problem({
        ...limits,
        slaMs: limits.slaMs * time!,
        objective: { ...weights, alpha: weights.alpha * worth!, beta: (weights.beta * worth!) / money! },
        stages: stages.map(({ name, options }) => ({
          name,
          options: options.map((o) => ({ ...o, latencyMs: o.latencyMs * time!, cost: o.cost * money! })),
        })),
      });
      const best = bruteForce(scaled);
      if (best === undefined) expect(solver.solve(scaled).status, `seed ${seed}`).toBe('infeasible');
      else expectEqual(objective(solver.solve(scaled)), best, `seed ${seed}`);
    }
  });

  it('agrees if all stages and steps are nearly alike', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const given = instance(seed, {
        kind: 'alike',
        stages: 4,
        variants: 8,
        batches: 1,
        accuracy: 'product',
        capacities: true,
        slaAt: 0.5,
        capacityAt: 0.5,
      });
      expectEqual(objective(solver.solve(given)), bruteForce(given)!, `seed ${seed}`);
    }
  });

  it('tells choices apart that differ by one batch at δ = 1e-6 beside costs of hundreds', () => {
    const options = [1, 2, 4, 8].flatMap((batch) =>
      [0, 1, 2].map((v) => ({
        id: `v${v}-b${batch}`,
        latencyMs: 40 / batch + v,
        accuracy: 0.5,
        cost: 300,
        batch,
      })),
    );
    const given = problem({
      slaMs: 65,
      objective: { alpha: 1, beta: 1, delta: 1e-6, accuracy: 'product' },
      stages: ['a', 'b', 'c'].map((name) => ({ name, options })),
    });
    expectEqual(objective(solver.solve(given)), bruteForce(given)!, 'objective');
  });
});

it('agrees with dynamic programming on 10 stages of 80 options in whole numbers', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { objective: weights, stages } = instance(seed, {
      kind: 'integer',
      stages: 10,
      variants: 10,
      batches: 8,
      accuracy: 'product',
      capacities: false,
      slaAt: 0,
      capacityAt: 0,
    });
    const whole: Problem = { slaMs: 6 + seed, coresMax: 4, stages, objective: { ...weights, delta: 0 } };
    expectEqual(objective(solver.solve(whole)), byProgramming(whole), `seed ${seed}`);
  }
});

/** Returns the largest objective by dynamic programming over latency, cores and cost, which are whole numbers. */
function byProgramming({ slaMs, coresMax = 0, stages, objective: { alpha, beta } }: Problem): number {
  let best = new Map([[0, 1]]);
  for (const { options } of stages) {
    const next = new Map<number, number>();
    for (const [state, product] of best)
      for (const o of options) {
        const latencyMs = (state & 255) + o.latencyMs;
        const cores = ((state >> 8) & 255) + o.cores;
        if (latencyMs > slaMs || cores > coresMax) continue;
        const reached = latencyMs | (cores << 8) | (((state >> 16) + o.cost) << 16);
        next.set(reached, Math.max(next.get(reached) ?? 0, product * o.accuracy));
      }
    best = next;
  }
  return Math.max(...[...best].map(([state, product]) => alpha * product - beta * (state >> 16)));
}

it('does not depend on what GLPK answers', () => {
  const silent: Glpk = { relax: () => 'unknown' };
  const wrong: Glpk = {
    relax: ({ groups, rows }) => ({
      x: groups.map((values) => values.map(() => 1 / values.length)),
      duals: rows.map((_, r) => 50 * (r - 1)),
    }),
  };
  for (let seed = 1; seed <= 300; seed++) {
    const given = small(seed);
    const best = bruteForce(given);
    for (const engine of [silent, wrong]) {
      const { choice, objective: found } = maximise(engine, toCore(given));
      if (best === undefined) expect(choice, `seed ${seed}`).toBeUndefined();
      else expectEqual(found, best, `seed ${seed}`);
    }
  }
});

describe('a solution', () => {
  it('takes ranks before it drops options', () => {
    const given = problem({
      slaMs: 10,
      objective: { alpha: 1, beta: 0, delta: 0, accuracy: 'rank-sum' },
      stages: [stage('a', [99, 0.9, 1], [5, 0.8, 1], [5, 0.1, 1])],
    });
    expect(objective(solver.solve(given))).toBeCloseTo(0.5, 12);
  });

  it('names a choice with the sums that it says', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const given = small(seed);
      const solution = solver.solve(given);
      if (solution.status !== 'optimal') continue;
      const core = toCore(given);
      const indices = given.stages.map(({ name, options }) =>
        options.findIndex((o) => o.id === solution.choice[name]),
      );
      const chosen = given.stages.map(({ options }, s) => options[indices[s]!]!);
      const total = (of: 'latencyMs' | 'cost') => chosen.reduce((sum, o) => sum + o[of], 0);
      expect(solution.latencyMs).toBe(total('latencyMs'));
      expect(solution.latencyMs).toBeLessThanOrEqual(given.slaMs + 1e-9);
      expect(solution.cost).toBe(total('cost'));
      const again = objectiveOf(
        core,
        core.stages.map((options, s) => options[indices[s]!]!),
      );
      expect(solution.objective).toBeCloseTo(again, 12);
    }
  });

  it('is the best option of a single stage', () => {
    const given = problem({
      slaMs: 20,
      objective: { alpha: 1, beta: 0.1, delta: 0 },
      stages: [stage('a', [10, 0.5, 1], [15, 0.9, 2], [30, 1, 2])],
    });
    const solution = solver.solve(given);
    expect(solution).toMatchObject({
      status: 'optimal',
      choice: { a: 'o1' },
      accuracy: 0.9,
      cost: 2,
      latencyMs: 15,
    });
    expect(objective(solution)).toBeCloseTo(0.7, 12);
  });

  it('is found among any number of options, and so is the frontier', () => {
    const [first] = stage('a', [10, 0.5, 0.5]).options;
    const others = Array.from({ length: 200_000 }, (_, i) => ({ ...first!, id: `${i}`, cost: 1 }));
    const given = problem({ slaMs: 20, objective: {}, stages: [{ name: 'a', options: [first, ...others] }] });
    expect(solver.solve(given)).toMatchObject({ status: 'optimal', choice: { a: 'o0' } });
    expect(paretoChoices(given)).toMatchObject([{ choice: { a: 'o0' } }]);
  });

  it('may meet a limit exactly, summed in binary fractions', () => {
    const given = problem({
      slaMs: 0.3,
      objective: { alpha: 1, beta: 0, delta: 0 },
      stages: [stage('a', [0.1, 0.9, 1], [0, 0.1, 1]), stage('b', [0.2, 0.9, 1], [0, 0.1, 1])],
    });
    expect(objective(solver.solve(given))).toBeCloseTo(0.81, 12);
  });

  it('takes accuracies of 0 and 1 as they are', () => {
    const weights = { alpha: 1, beta: 0.1, delta: 0 };
    const zeroPays = problem({
      slaMs: 100,
      objective: weights,
      stages: [stage('a', [1, 0, 1], [1, 1, 20]), stage('b', [1, 0.5, 1], [1, 1, 2])],
    });
    expect(objective(solver.solve(zeroPays))).toBeCloseTo(-0.2, 12);
    const zeroCosts = problem({
      slaMs: 100,
      objective: weights,
      stages: [stage('a', [1, 0, 1], [1, 1, 2]), stage('b', [1, 0.5, 1], [1, 1, 2])],
    });
    expect(objective(solver.solve(zeroCosts))).toBeCloseTo(0.6, 12);
    const onlyZero = problem({ slaMs: 100, objective: weights, stages: [stage('a', [1, 0, 3], [1, 0, 2])] });
    expect(solver.solve(onlyZero)).toMatchObject({ status: 'optimal', accuracy: 0, choice: { a: 'o1' } });
    expect(objective(solver.solve(onlyZero))).toBeCloseTo(-0.2, 12);
  });

  it('is found even if weights differ by the smallest number there is', () => {
    const given = problem({
      slaMs: 7,
      objective: { alpha: 1, beta: Number.MIN_VALUE, delta: 0 },
      stages: [stage('a', [1, 0, 1], [5, 0, 0]), stage('b', [1, 0, 1], [5, 0, 0])],
    });
    expect(solver.solve(given)).toMatchObject({ status: 'optimal', accuracy: 0 });
  });

  it('is exact whatever the cost of an option that is never chosen', () => {
    const given = problem({
      slaMs: 100,
      objective: { alpha: 1, beta: 1, delta: 0 },
      stages: [stage('a', [1, 0.5, 0], [2, 0.6, 0.01]), stage('b', [1, 0, 0], [2, 0.6, 0.01], [3, 1, 1e15])],
    });
    expect(objective(solver.solve(given))).toBeCloseTo(0.34, 12);
  });

  it('stands among equal options', () => {
    const same = Array.from({ length: 12 }, () => [5, 0.7, 1] as [number, number, number]);
    const given = problem({
      slaMs: 50,
      objective: { alpha: 1, beta: 0.01, delta: 0 },
      stages: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => stage(name, ...same)),
    });
    expect(objective(solver.solve(given))).toBeCloseTo(0.7 ** 8 - 0.08, 12);
  });

  it('respects memory and counts the cost of a switch', () => {
    const option = { latencyMs: 1, cost: 0, batch: 1 };
    const stages = [
      {
        name: 'a',
        options: [
          { ...option, id: 'large', accuracy: 0.9, memoryBytes: 2_000_000_000 },
          { ...option, id: 'new', accuracy: 0.8, memoryBytes: 10, switchCost: 0.2 },
          { ...option, id: 'running', accuracy: 0.7, memoryBytes: 10 },
        ],
      },
    ];
    const limited = problem({ slaMs: 10, memoryBytesMax: 1_000_000_000, objective: {}, stages });
    expect(solver.solve(limited)).toMatchObject({ choice: { a: 'running' } });
    expect(solver.solve(problem({ slaMs: 10, objective: {}, stages }))).toMatchObject({
      choice: { a: 'large' },
    });
  });

  it('tells too little memory in bytes, as the problem gives it, unless another unit is asked for', () => {
    const option = { id: 'o', latencyMs: 1, cost: 0, batch: 1, accuracy: 1, memoryBytes: 2 ** 22 };
    const given = problem({
      slaMs: 10,
      memoryBytesMax: 2 ** 20,
      objective: {},
      stages: [{ name: 'a', options: [option] }],
    });
    expect(solver.solve(given)).toMatchObject({
      binding: 'At most 1,048,576 bytes of memory may be used, but at least 4,195,000 bytes are needed',
    });
    expect(solver.solve(given, 'MiB')).toMatchObject({
      binding: 'At most 1 MiB of memory may be used, but at least 4 MiB are needed',
    });
  });
});
