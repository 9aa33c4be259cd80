import { describe, expect, it } from 'vitest';
import { planStage as planStageSchema, planWorker } from '../../solver/documents/plan.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { nearestRate } from '../../solver/plan/nearest-rate.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { cell, profile, request, resources, runs, SHA } from './profiles.ts';
import { refusalOf } from './refusal.ts';

const solver = await loadSolver();

const gpu = profile([
  cell('detect', 's', 'webgpu', 1, runs(5)),
  cell('detect', 'm', 'webgpu', 1, runs(12)),
  cell('classify', 's', 'webgpu', 1, runs(4)),
  cell('classify', 's', 'webgpu', 4, runs(8)),
  cell('classify', 's', 'webgpu', 2, runs(6)),
  cell('classify', 'l', 'webgpu', 1, runs(10)),
  cell('classify', 'l', 'webgpu', 4, runs(25)),
]);

const refused = (asked: Partial<PlanRequest>) => refusalOf(solver, gpu, request(asked));

describe('a choice', () => {
  it('is a plan whose stages on the GPU share one worker', () => {
    const { plan, pas, boundMs, solution } = solveIlp(solver, gpu, request({ slaMs: 400 }));
    expect(plan.stages.map(({ name, variant }) => [name, variant])).toEqual([
      ['detect', 'm'],
      ['classify', 'l'],
    ]);
    expect(plan.workers).toEqual([
      { id: 'gpu-0', backend: 'webgpu', threads: 1, stages: ['detect', 'classify'] },
    ]);
    expect(pas).toBeCloseTo(0.72, 12);
    expect(boundMs).toBeCloseTo(
      plan.stages.reduce((sum, stage) => sum + stage.boundMs, 0),
      9,
    );
    expect(solution.bound).toBeGreaterThanOrEqual(solution.objective);
    expect(plan.certificate).toMatch(/^optimal: objective 0\.\d+, bound 0\.\d+, \d+ nodes?, \d+\.\d ms$/);
    for (const stage of plan.stages) planStageSchema.parse(stage);
    for (const worker of plan.workers) planWorker.parse(worker);
  });

  it('has the wait of the formula and the service times of smaller batches', () => {
    const { plan } = solveIlp(
      solver,
      gpu,
      request({ slaMs: 200, restrictTo: { detect: ['s'], classify: ['s'] }, ratePerS: 80, percentile: 50 }),
    );
    const classify = plan.stages[1]!;
    expect(classify).toMatchObject({ sha256: SHA, batch: 4, maxWaitMs: 18.75, itemsPerS: 160, replicas: 1 });
    expect(classify.serviceMs.map(({ items }) => items)).toEqual([1, 2, 4]);
    expect(classify.serviceMs[1]!.meanMs).toBeCloseTo(6.6, 10);
  });

  it('has one worker per replica on a CPU', () => {
    const cpu = profile([
      cell('detect', 's', 'cpu', 1, runs(5)),
      cell('classify', 's', 'cpu', 1, runs(40), { threads: 2 }),
    ]);
    const { plan } = solveIlp(solver, cpu, request());
    expect(plan.workers).toEqual([
      { id: 'detect-0', backend: 'cpu', threads: 1, stages: ['detect'] },
      { id: 'classify-0', backend: 'cpu', threads: 2, stages: ['classify'] },
      { id: 'classify-1', backend: 'cpu', threads: 2, stages: ['classify'] },
    ]);
  });
});

describe('no plan', () => {
  it('says what binds, and an SLA and a rate that work', () => {
    const error = refused({ ratePerS: 160 });
    expect(error.binding).toMatch(/Stage classify|GPU share/);
    expect(error.nearestRatePerS).toBeLessThan(160);
    expect(() => solveIlp(solver, gpu, request({ ratePerS: error.nearestRatePerS! }))).not.toThrow();
    expect(() => solveIlp(solver, gpu, request({ ratePerS: error.nearestRatePerS! * 1.002 }))).toThrow();
  });

  it('finds the rate that works, however far above it the rate asked for is', () => {
    const error = refused({ ratePerS: 1e9 });
    expect(error.nearestRatePerS).toBeCloseTo(refused({ ratePerS: 160 }).nearestRatePerS!, 0);
    expect(error.message).toMatch(/It may work with .* requests\/s/);
  });

  it('offers the nearest rate of any magnitude asked for, as a search of all rates finds it', () => {
    const step = 1.02;
    const works = (ratePerS: number) => {
      try {
        solveIlp(solver, gpu, request({ slaMs: 400, ratePerS }));
        return true;
      } catch (error) {
        if (error instanceof InfeasiblePlanError) return false;
        throw error;
      }
    };
    const all = Array.from({ length: 600 }, (_, i) => 1e-2 * step ** i);
    const feasible = all.filter(works);
    for (let magnitude = -3; magnitude <= 9; magnitude++) {
      const asked = 10 ** magnitude;
      if (works(asked)) continue;
      const distance = (rate: number) => Math.abs(rate - asked);
      const nearest = feasible.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best));
      const offered = refused({ slaMs: 400, ratePerS: asked }).nearestRatePerS!;
      expect(works(offered)).toBe(true);
      expect(Math.abs(Math.log(offered / nearest))).toBeLessThan(Math.log(step ** 2));
    }
  });

  it('finds that a short SLA needs a longer one, whatever the rate', () => {
    const error = refused({ slaMs: 20 });
    expect(error.nearestRatePerS).toBeNull();
    expect(() => solveIlp(solver, gpu, request({ slaMs: error.nearestSlaMs! }))).not.toThrow();
    expect(error.message).toMatch(
      /^No plan meets 20 ms \(p95\) at 10 requests\/s\. The SLA is 20 ms, but at least \d+.* It may work with an SLA of \d/,
    );
  });

  it('may find a higher rate, where batches wait too long at a low one', () => {
    const batched = profile([
      cell('detect', 's', 'webgpu', 4, runs(5)),
      cell('classify', 's', 'webgpu', 4, runs(8)),
    ]);
    const rate = nearestRate(solver, batched, request({ ratePerS: 2, slaMs: 500 }))!;
    // Σ T = 10 + 3000 / λ + 2 · 16 + 3000 / (2 λ) ≤ 500, with the 2 objects a picture that detector s finds
    expect(rate).toBeGreaterThanOrEqual(4500 / 458);
    expect(rate).toBeLessThan((4500 / 458) * 1.002);
  });

  it('without GPU says so', () => {
    const error = refused({ resources: resources({ gpus: 0 }) });
    expect(error.binding).toMatch(/^At most 0 GPUs may be busy, but at least .* are needed$/);
    expect([error.nearestSlaMs, error.nearestRatePerS]).toEqual([null, null]);
    expect(error.message).toContain('allow more resources');
  });
});
