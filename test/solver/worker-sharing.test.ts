import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../solver/documents/common.ts';
import { cpuCoresOf, type Plan } from '../../solver/documents/plan.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { cascadeProfile, wellCalibrated } from './cascades.ts';
import { randomPipeline } from './pipelines.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';
import { refusalOf } from './refusal.ts';

const solver = await loadSolver();

/** Two stages, each with one variant on one thread or two. */
const cpu = profile(
  ['detect', 'classify'].flatMap((stage) =>
    [1, 2].flatMap((threads) => [
      cell(stage, 's', 'cpu', 1, runs(10 / threads), { threads }),
      cell(stage, 's', 'cpu', 4, runs(20 / threads), { threads }),
    ]),
  ),
);

/** The same pipeline, of which two workers of one stage were measured beside each other. */
const measuredBeside = (slowDown: number, given = cpu) =>
  profile(given.cells, {
    coRun: [1, 2].flatMap((threads) => {
      const known = { backend: 'cpu' as const, threads, n: 100, delays: [{ percentile: 50, delayMs: 0 }] };
      return [
        { ...known, slowDown: 1 },
        { ...known, stage: 'classify', slowDown },
      ];
    }),
  });

const refused = (asked: Partial<PlanRequest>) => refusalOf(solver, cpu, request(asked));

const held = ({ workers }: Plan) => workers.map(({ stages, threads }) => [stages.join(' + '), threads]);

describe('fewer cores than stages', () => {
  const cores = (cores: number) => ({ resources: resources({ cores }), slaMs: 5000 });

  it('have one worker that all stages share, of which they use no more time than of a GPU', () => {
    const { plan, cost } = solveIlp(solver, cpu, request({ ...cores(1), ratePerS: 30 }));
    expect(plan.workers).toEqual([
      { id: 'cpu-0', backend: 'cpu', threads: 1, stages: ['detect', 'classify'] },
    ]);
    const busy = plan.stages.reduce(
      (sum, { itemsPerS, batch, serviceMs }) => sum + (itemsPerS * serviceMs.at(-1)!.meanMs) / (1000 * batch),
      0,
    );
    expect(busy).toBeLessThanOrEqual(0.8);
    expect(cost).toBe(1);
    expect(plan.stages.map(({ replicas }) => replicas)).toEqual([1, 1]);
  });

  it('share a worker of as many threads as fit', () => {
    const wide = profile(cpu.cells.filter(({ threads }) => threads === 2));
    const { plan } = solveIlp(solver, wide, request(cores(3)));
    expect(plan.workers).toEqual([
      { id: 'cpu-0', backend: 'cpu', threads: 2, stages: ['detect', 'classify'] },
    ]);
  });

  it('share a worker of as many threads as fit, where no other can be offered beside it', () => {
    const third = { ...cpu.stages[1]!, name: 'rank' };
    const ranked = cpu.cells.slice(4).map((one) => ({ ...one, stage: 'rank' }));
    const three = profile([...cpu.cells, ...ranked], { stages: [...cpu.stages, third], fanOut: [] });
    const { plan } = solveIlp(solver, three, request({ ...cores(2), sharing: false }));
    expect(plan.workers.map(({ stages, threads }) => [stages.length, threads])).toEqual([[3, 2]]);
  });

  it('are no reason to share where only one stage is on a CPU', () => {
    const both = profile([cell('detect', 's', 'webgpu', 1, runs(5)), ...cpu.cells.slice(4)]);
    const { plan } = solveIlp(solver, both, request(cores(1)));
    expect(plan.workers.map(({ stages }) => stages)).toEqual([['detect'], ['classify']]);
  });

  it('have no plan where the worker has too little time, but one at the rate that the error names', () => {
    const error = refused({ ...cores(1), ratePerS: 60 });
    expect(error.binding).toMatch(/^At most 0\.8 cores may be used, but at least 0\.\d+ are needed/);
    const nearest = error.nearestRatePerS!;
    expect(() => solveIlp(solver, cpu, request({ ...cores(1), ratePerS: nearest }))).not.toThrow();
    expect(() => solveIlp(solver, cpu, request({ ...cores(1), ratePerS: nearest * 1.002 }))).toThrow();
  });

  it('have no plan where no worker fits, and the error names the cores of the smallest one', () => {
    const { binding, nearestRatePerS } = refused(cores(0.5));
    expect(binding).toBe('At most 0.5 cores may be used, but at least 1 is needed');
    expect(nearestRatePerS).toBeNull();
  });

  it('cost the cores that their workers hold and the share of the GPU, whichever stages are on the GPU', () => {
    const alike = cpu.stages[1]!;
    const stages = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...alike, name }));
    const places = fc.constantFrom<Backend[]>(['cpu'], ['webgpu'], ['webgpu', 'cpu']);
    fc.assert(
      fc.property(fc.tuple(places, places, places), fc.integer({ min: 5, max: 20 }), (others, ms) => {
        const given = profile(
          [['cpu'], ['cpu'], ...others].flatMap((backends, s) =>
            (backends as Backend[]).map((backend) => cell(stages[s]!.name, 's', backend, 1, runs(ms))),
          ),
          { stages, fanOut: [] },
        );
        const { plan, cost } = solveIlp(solver, given, request({ ...cores(1), ratePerS: 2 }));
        const { pricePerCore, pricePerGpu } = plan.resources;
        const gpuShare = plan.stages.reduce((sum, stage) => sum + stage.gpuShare, 0);
        expect(cost).toBeCloseTo(pricePerCore * cpuCoresOf(plan) + pricePerGpu * gpuShare, 9);
      }),
    );
  });

  it('get a stage that may leave the GPU, because the workers they hold anyway cost no more', () => {
    const stages = ['a', 'b', 'c'].map((name) => ({ ...cpu.stages[1]!, name }));
    const cells = [
      ...stages.map(({ name }) => cell(name, 's', 'cpu', 1, runs(10))),
      cell('c', 's', 'webgpu', 1, runs(4)),
    ];
    const given = profile(cells, { stages, fanOut: [] });
    const { plan, cost } = solveIlp(solver, given, request({ ...cores(1), ratePerS: 5 }));
    expect(plan.stages.map(({ backend }) => backend)).toEqual(['cpu', 'cpu', 'cpu']);
    expect(cost).toBe(1);
  });

  it('share a pod where there are fewer cores than stages', () => {
    const { plan } = solveIlp(solver, cpu, request({ ...cores(1), apart: true }));
    expect(plan.workers.map(({ stages }) => stages)).toEqual([['detect', 'classify']]);
  });

  it('share a pod without a cascade, whose heavy variant later plans may not have', () => {
    const given = cascadeProfile(wellCalibrated());
    const variants = (asked: Partial<PlanRequest>) =>
      solveIlp(solver, given, request({ ...cores(1), ...asked })).plan.stages.length;
    expect([variants({}), variants({ apart: true })]).toEqual([3, 2]);
  });
});

describe('cores enough for a worker of each stage', () => {
  const planned = (asked: Partial<PlanRequest> = {}, given = cpu): Plan =>
    plan(solver, { profile: given, sha256: 'b'.repeat(64) }, request({ slaMs: 5000, ...asked }));
  const SHARED = [['detect + classify', 1]];
  const OWN = [
    ['detect', 1],
    ['classify', 1],
  ];

  it('may be spared: all stages share one worker if it keeps up, which costs fewer cores', () => {
    const made = planned();
    expect(held(made)).toEqual(SHARED);
    expect(made.predicted.cost).toBe(1);
    expect(made.predicted.slaAttainment).toBe(1);
  });

  it('may be spared for one worker, beside which none delays its batches', () => {
    const delayed = profile(cpu.cells, {
      coRun: [{ backend: 'cpu', threads: 1, n: 100, delays: [{ percentile: 50, delayMs: 100 }] }],
    });
    const times = ({ stages }: Pick<Plan, 'stages'>) => stages.map(({ serviceMs }) => serviceMs);
    const shared = solveIlp(solver, delayed, request({ slaMs: 5000 })).plan;
    expect(times(shared)).toEqual(times(solveIlp(solver, cpu, request({ slaMs: 5000 })).plan));
  });

  it('are used where one worker has too little time for all stages', () => {
    expect(held(planned({ ratePerS: 60 }))).toEqual(OWN);
  });

  it('are used where requests would wait too long for one worker, as simulation shows', () => {
    const asked = { ratePerS: 20, slaMs: 160, percentile: 99 };
    expect(held(solveIlp(solver, cpu, request(asked)).plan as Plan)).toEqual(SHARED);
    const made = planned(asked);
    expect(made.workers.map(({ stages }) => stages)).toEqual([['detect'], ['classify']]);
    expect(made.predicted.slaAttainment).toBeGreaterThan(0.99);
  });

  it('are used where a worker cannot be shared: by a pod, a fixed number of replicas, or while plans change', () => {
    expect(held(planned({ apart: true }))).toEqual(OWN);
    expect(held(planned({ sharing: false }))).toEqual(OWN);
    expect(held(planned({ replicas: { detect: 1, classify: 1 } }))).toEqual(OWN);
  });

  it('may all hold every stage, where one stage takes more time than a core has', () => {
    // With l, `classify` takes 12 times as long as `detect`: more than one worker has at this rate. `detect` needs little of one.
    const uneven = (slowDown: number) =>
      measuredBeside(
        slowDown,
        profile([
          cell('detect', 's', 'cpu', 1, runs(5)),
          ...['s', 'l'].map((variant) =>
            cell('classify', variant, 'cpu', 1, runs(variant === 's' ? 30 : 60)),
          ),
        ]),
      );
    const asked = { ratePerS: 9, slaMs: 2000, resources: resources({ cores: 2 }) };
    const both = planned(asked, uneven(1));
    expect(held(both)).toEqual([
      ['detect + classify', 1],
      ['detect + classify', 1],
    ]);
    expect(both.predicted.cost).toBe(2);
    expect(both.predicted.slowerAttainment).toBeGreaterThanOrEqual(0.95);
    const own = planned({ ...asked, sharing: false }, uneven(1));
    expect(both.predicted.pas!).toBeGreaterThan(own.predicted.pas!);
    // The integer program expects every second batch to run beside a batch of the same stage.
    const beside = solveIlp(solver, uneven(1.1), request(asked)).plan as Plan;
    expect(held(beside)).toEqual(held(both));
    for (const [s, { serviceMs }] of beside.stages.entries())
      expect(serviceMs[0]!.meanMs).toBeCloseTo(1.05 * both.stages[s]!.serviceMs[0]!.meanMs, 9);
    // The simulation that confirms a plan includes how much such workers slow each other.
    expect(planned(asked, uneven(2)).predicted.pas!).toBeLessThan(both.predicted.pas!);
  });

  it('never all hold every stage where nothing tells what they do to each other', () => {
    const several = ({ workers }: Plan) =>
      workers.length > 1 && workers.every(({ stages }) => stages.length > 1);
    for (const ratePerS of [10, 30, 60, 90]) expect(several(planned({ ratePerS, slaMs: 500 }))).toBe(false);
  });

  it('are not counted for stages that could run on a GPU instead: workers for all stages hold no more than there are', () => {
    const onGpu = ['detect', 'classify'].map((stage) => cell(stage, 's', 'webgpu', 1, runs(4)));
    const given = measuredBeside(1, profile([...cpu.cells, ...onGpu]));
    for (const ratePerS of [10, 30, 60]) {
      const asked = { ratePerS, slaMs: 5000, resources: resources({ cores: 1 }) };
      expect(cpuCoresOf(solveIlp(solver, given, request(asked)).plan as Plan)).toBeLessThanOrEqual(1);
    }
  });

  it('leave a plan that serves its shared worker, and its own workers', () => {
    const keep = planned();
    expect(held(planned({ keep, ratePerS: 5, sharing: false }))).toEqual(SHARED);
    const own = planned({ keep: planned({ sharing: false }), ratePerS: 5 });
    expect([held(own), own.predicted.cost]).toEqual([OWN, 2]);
  });

  it('have a frontier of both, and offer the shortest SLA and the nearest rate of both', () => {
    const points = (asked: Partial<PlanRequest>) =>
      profileFrontier(cpu, request({ slaMs: 5000, ratePerS: 30, ...asked }));
    const [both, alone] = [points({}), points({ sharing: false })];
    expect([Math.min(...both.map(({ cost }) => cost)), Math.min(...alone.map(({ cost }) => cost))]).toEqual([
      1, 2,
    ]);
    for (const { cost, boundMs } of alone)
      expect(both.some((point) => point.cost <= cost && point.boundMs <= boundMs)).toBe(true);
    const own = refused({ sharing: false, ratePerS: 1000, slaMs: 5000 });
    expect(refused({ ratePerS: 1000, slaMs: 5000 }).nearestRatePerS).toBe(own.nearestRatePerS);
  });

  it('never make a plan worse than workers of their own do', () => {
    let shared = 0;
    const { beta, alpha } = request().objective;
    const value = ({ predicted }: Plan) => alpha * predicted.pas! - beta * predicted.cost;
    for (let seed = 1; seed <= 12; seed++) {
      const given = randomPipeline(seed);
      const asked = { ratePerS: 2 + 2 * seed, slaMs: 300, resources: resources({ cores: 4 }) };
      const [free, own] = [planned(asked, given), planned({ ...asked, sharing: false }, given)];
      if (free.workers.length === 1) shared++;
      if ((own.predicted.slowerAttainment ?? 0) < 0.95) continue;
      expect(free.predicted.slowerAttainment).toBeGreaterThanOrEqual(0.95);
      expect(value(free)).toBeGreaterThanOrEqual(value(own) - 1e-4);
    }
    expect(shared).toBeGreaterThan(2);
  });
});
