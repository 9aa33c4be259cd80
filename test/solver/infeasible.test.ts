import { describe, expect, it } from 'vitest';
import { parseProblem } from '../../solver/documents/problem.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { bruteForce } from './ilp/brute-force.ts';
import { instance } from './instances.ts';
import { pipeline } from './pipelines.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

const option = (id: string, latencyMs: number, gpuShare: number, cores = 0) => ({
  id,
  latencyMs,
  accuracy: 0.5,
  cost: 1,
  batch: 1,
  gpuShare,
  cores,
});
const infeasible = (fields: Record<string, unknown>) => {
  const solution = solver.solve(parseProblem({ objective: {}, ...fields }, 'test'));
  if (solution.status !== 'infeasible') throw new Error('expected none to be feasible');
  return solution;
};

describe('what binds', () => {
  it('is the SLA where even the fastest options are too slow', () => {
    const stages = ['a', 'b'].map((name) => ({ name, options: [option('x', 60, 0), option('y', 80, 0)] }));
    const { binding, nearestSlaMs } = infeasible({ slaMs: 100, stages });
    expect(binding).toBe('The SLA is 100 ms, but at least 120 ms are needed');
    expect(nearestSlaMs).toBe(120);
  });

  it('is an SLA that the capacities allow where even the fastest options are too slow', () => {
    const stages = [{ name: 'a', options: [option('x', 60, 0.9), option('y', 80, 0.1)] }];
    const { binding, nearestSlaMs } = infeasible({ slaMs: 50, gpuShareMax: 0.8, stages });
    expect(binding).toBe('The SLA is 50 ms, but at least 80 ms are needed');
    expect(nearestSlaMs).toBe(80);
  });

  it('is a capacity that no SLA helps', () => {
    const stages = ['a', 'b'].map((name) => ({
      name,
      options: [option('x', 10, 0.5), option('y', 80, 0.45)],
    }));
    const { binding, nearestSlaMs } = infeasible({ slaMs: 100, gpuShareMax: 0.8, stages });
    expect(binding).toBe('At most 0.8 GPUs may be busy, but at least 0.9 are needed');
    expect(nearestSlaMs).toBeNull();
  });

  it('names the workers that the stages share, and how much of their time may be used, beside a limit of their cores', () => {
    const facts = { s: { accuracy: 0.8, ms: 20 } };
    const profile = pipeline({ stages: { detect: facts, classify: facts }, batches: [1], spread: 1 });
    const asked = request({ ratePerS: 30, slaMs: 1000, resources: resources({ cores: 1, gpus: 0 }) });
    expect(() => solveIlp(solver, profile, asked)).toThrow(
      'At most 0.8 cores may be used, but at least 1.2 are needed. ' +
        'The stages on a CPU share 1 worker with 1 thread, and at most 80 % of its time may be used.',
    );
  });

  it('is each of two limits that clash, with what it needs while the other is kept', () => {
    const stages = ['a', 'b'].map((name) => ({
      name,
      options: [option('x', 10, 0.6), option('y', 80, 0.1)],
    }));
    const { binding, nearestSlaMs } = infeasible({ slaMs: 85, gpuShareMax: 0.8, stages });
    expect(binding).toBe(
      'The SLA is 85 ms, but, with the other limits kept, at least 90 ms are needed. ' +
        'At most 0.8 GPUs may be busy, but, with the other limits kept, at least 1.2 are needed',
    );
    expect(nearestSlaMs).toBe(90);
  });
});

it('the nearest SLA has a solution, and a shorter one has none', () => {
  let seen = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const given = instance(seed, {
      kind: seed % 2 ? 'pipeline' : 'uncorrelated',
      stages: 3,
      variants: 3,
      batches: 2,
      accuracy: 'product',
      capacities: seed % 3 > 0,
      slaAt: -0.3,
      capacityAt: 0.5,
    });
    const solution = solver.solve(given);
    if (solution.status !== 'infeasible') continue;
    expect(solution.binding).toMatch(/ (is|are) needed$|^No choice is within all but one of the limits\./);
    const { nearestSlaMs } = solution;
    if (nearestSlaMs === null) {
      expect(bruteForce({ ...given, slaMs: 1e9 }), `seed ${seed}`).toBeUndefined();
      continue;
    }
    seen++;
    expect(solver.solve({ ...given, slaMs: nearestSlaMs }).status, `seed ${seed}`).toBe('optimal');
    expect(solver.solve({ ...given, slaMs: nearestSlaMs * (1 - 1e-6) }).status, `seed ${seed}`).toBe(
      'infeasible',
    );
    expect(bruteForce({ ...given, slaMs: nearestSlaMs })).toBeDefined();
  }
  expect(seen).toBeGreaterThan(50);
});
