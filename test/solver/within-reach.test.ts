import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { planWithinReach } from '../../solver/plan/within-reach.ts';
import { pipeline, randomPipeline } from './pipelines.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

/** A slow device: a core answers one request in 2 s. */
const slow = pipeline({
  stages: { detect: { s: { accuracy: 0.8, ms: 1500 } }, classify: { s: { accuracy: 0.9, ms: 500 } } },
});
const asked = (more: Partial<PlanRequest> = {}): PlanRequest =>
  request({ slaMs: 10_000, ratePerS: 5, resources: resources({ cores: 2, gpus: 0 }), ...more });
const within = (
  of: PlanRequest,
  given: Partial<Parameters<typeof planWithinReach>[2]> = {},
  profile = slow,
) =>
  planWithinReach((one) => plan(solver, { profile, sha256: 'b'.repeat(64) }, one), of, {
    ...{ rate: false, sla: false },
    ...given,
  });

it('a request that has a plan stays as it is', () => {
  const found = within(asked({ ratePerS: 0.2 }));
  expect(found.change).toBeNull();
  expect(found.plan.ratePerS).toBe(0.2);
});

it('a rate that nobody asked for is lowered until the simulation keeps the SLA, and a sentence says so', () => {
  const { plan: made, request: used, change } = within(asked());
  expect(made.ratePerS).toBe(used.ratePerS);
  expect(made.ratePerS).toBeLessThan(1);
  expect(made.predicted.slaAttainment).toBeGreaterThanOrEqual(0.95);
  expect(change).toMatch(
    /^No plan keeps 10,000 ms at 5 requests\/s on this device, so the rate is 0\.\d+ requests\/s\.$/,
  );
});

it('the nearest rate stays where a lower one has no plan, as with large fixed batches', () => {
  const one = within(asked({ ratePerS: 0.2 })).plan;
  const only = (request: PlanRequest) => {
    if (request.ratePerS !== 3) throw new InfeasiblePlanError(request, 'SLA', null, 3);
    return { ...one, ratePerS: 3, predicted: { ...one.predicted, slaAttainment: 0.5 } };
  };
  expect(planWithinReach(only, asked(), { rate: false, sla: false }).plan.ratePerS).toBe(3);
});

it('an SLA that nobody asked for is lengthened where the rate was given, or where no rate helps', () => {
  const short = asked({ slaMs: 100, ratePerS: 0.2 });
  for (const given of [{ rate: true }, {}]) {
    const { plan: made, change } = within(short, given);
    expect(made).toMatchObject({ ratePerS: 0.2, predicted: { slaAttainment: expect.any(Number) } });
    expect(made.slaMs).toBeGreaterThan(2000);
    expect(change).toMatch(/so the SLA is [\d,]+ ms\.$/);
  }
});

it('a longer SLA comes before a higher rate, at which batches would fill in time', () => {
  const one = within(asked({ ratePerS: 0.2 })).plan;
  const fillsSoon = (request: PlanRequest) => {
    if (request.ratePerS < 10 && request.slaMs < 20_000)
      throw new InfeasiblePlanError(request, 'SLA', 20_000, 10);
    return { ...one, ratePerS: request.ratePerS, slaMs: request.slaMs };
  };
  const planned = (given: { rate: boolean; sla: boolean }) => planWithinReach(fillsSoon, asked(), given).plan;
  expect(planned({ rate: false, sla: false })).toMatchObject({ ratePerS: 5, slaMs: 20_000 });
  expect(planned({ rate: false, sla: true })).toMatchObject({ ratePerS: 10, slaMs: 10_000 });
});

it('what was given stays: without a plan for it, the error tells what would work', () => {
  expect(() => within(asked(), { rate: true, sla: true })).toThrow(InfeasiblePlanError);
  expect(() => within(asked({ slaMs: 100 }), { sla: true })).toThrow(InfeasiblePlanError);
});

it('whatever the device and the rate, there is a plan with the SLA of the rule', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      (seed, ratePerS) => {
        const profile = randomPipeline(seed);
        const stages = profile.stages.map(({ name }) => name);
        const slaMs = slaByRule(profile.cells, stages, profile.fanOut);
        const { plan: made, change } = within(asked({ ratePerS, slaMs }), {}, profile);
        expect(made).toMatchObject({ slaMs, ...(change === null && { ratePerS }) });
      },
    ),
    { numRuns: 8 },
  );
});
