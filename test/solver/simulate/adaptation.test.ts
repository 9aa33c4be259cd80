import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import type { System } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { PlanRequest } from '../../../solver/plan/request.ts';
import { startMsOf } from '../../../solver/simulate/adaptation-report.ts';
import { pipeline } from '../pipelines.ts';
import { type PlanAt, planOn } from '../profiles.ts';
import { profile, resultOf, run, seconds, standing, trace } from './adaptive.ts';

let planAt: PlanAt;
beforeAll(async () => {
  planAt = await planOn(profile);
});

const made = (ratePerS: number, more: Partial<PlanRequest> = {}): Promise<Plan> =>
  planAt({ ...standing, ratePerS, sharing: false, ...more });
const withVariants = (ratePerS: number, variant: 's' | 'l'): Promise<Plan> =>
  made(ratePerS, { restrictTo: { detect: [variant], classify: [variant] } });

/** Makes a system that decides on one plan after the other, and then begins again. */
function inTurn(plans: readonly Plan[]): System {
  let asked = 0;
  return { name: 'stub', plan: async () => plans[asked++ % plans.length]!, overtaken: () => false };
}

describe('whatever load and switches', () => {
  it('every request ends once, none fails, and plans follow each other', async () => {
    const plans = await Promise.all([
      withVariants(5, 's'),
      withVariants(5, 'l'),
      withVariants(60, 's'),
      withVariants(30, 'l'),
      made(20, { slaMs: 200 }),
      made(2),
    ]);
    const property = fc.asyncProperty(
      fc.record({
        rates: fc.array(fc.nat(80), { minLength: 1, maxLength: 15 }),
        order: fc.array(fc.nat(plans.length - 1), { minLength: 1, maxLength: 6 }),
        starts: fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 5 }),
        intervalMs: fc.integer({ min: 1000, max: 6000 }),
        seed: fc.nat(),
      }),
      async ({ rates, order, starts, intervalMs, seed }) => {
        let started = 0;
        const arrivalsMs = trace(rates, seed);
        const result = await run({
          system: inTurn(order.map((i) => plans[i]!)),
          rates,
          arrivalsMs,
          intervalMs,
          startMs: () => starts[started++ % starts.length]!,
          seed,
        });
        expect(result.requests.map(({ arrivalMs }) => arrivalMs)).toEqual([...arrivalsMs]);
        const { completed, shed, failed } = resultOf(result);
        expect(completed + shed).toBe(arrivalsMs.length);
        expect(failed).toBe(0);
        for (const { latencyMs, outcome } of result.requests)
          expect(latencyMs === null).toBe(outcome !== 'completed');
        for (const held of [result.plans, result.cost]) expect(held[0]!.atMs).toBe(0);
        for (const held of [result.plans, result.steps, result.cost]) {
          held.slice(1).forEach(({ atMs }, i) => {
            expect(atMs).toBeGreaterThanOrEqual(held[i]!.atMs);
            expect(atMs).toBeLessThanOrEqual(1000 * rates.length);
          });
        }
        for (const { value } of result.cost) expect(value).toBeGreaterThan(0);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('no request of a load that every plan can serve misses the SLA for a switch', async () => {
    const plans = await Promise.all([withVariants(30, 's'), withVariants(30, 'l'), made(40)]);
    const result = await run({
      system: inTurn(plans),
      rates: seconds(60, 10),
      intervalMs: 1000,
      startMs: () => 700,
    });
    expect(result.plans.length).toBeGreaterThan(50);
    expect(resultOf(result)).toMatchObject({ completed: 600, shed: 0, failed: 0, slaAttainment: 1 });
  });
});

describe('a new plan', () => {
  /** Arrivals every 200 ms, so far apart that each request is alone. */
  const regular = Float64Array.from({ length: 100 }, (_, i) => 100 + 200 * i);
  const oneStage = pipeline({
    stages: { detect: { s: { accuracy: 0.6, ms: 10 }, l: { accuracy: 0.9, ms: 60 } } },
    spread: 1,
    batches: [1],
  });

  async function switched(startMs: number, intervalMs: number) {
    const planFor = await planOn(oneStage);
    const of = (variant: string) => planFor({ ...standing, ratePerS: 5, restrictTo: { detect: [variant] } });
    const [small, large] = [await of('s'), await of('l')];
    let asked = 0;
    const system: System = {
      name: 'stub',
      plan: async () => (asked++ === 0 ? small : large),
      overtaken: () => false,
    };
    const result = await run({
      profile: oneStage,
      system,
      rates: seconds(20, 5),
      arrivalsMs: regular,
      intervalMs,
      startMs: () => startMs,
    });
    return { ...result, small, large };
  }

  it('serves when its workers have started, and what ran before serves until then', async () => {
    const { requests, plans, small, large } = await switched(3250, 5000);
    expect(plans).toEqual([
      { atMs: 0, plan: small },
      { atMs: 8250, plan: large },
    ]);
    for (const { arrivalMs, latencyMs } of requests)
      expect(latencyMs).toBeCloseTo(arrivalMs < 8250 ? 10 : 60, 9);
  });

  it('costs from when its workers start, beside those that still serve', async () => {
    const { cost } = await switched(3250, 5000);
    expect(cost).toEqual([
      { atMs: 0, value: 1 },
      { atMs: 5000, value: 2 },
      { atMs: 8250, value: 1 },
    ]);
  });

  it('that would start after the end never serves, and one that starts before it does', async () => {
    expect((await switched(15_000.5, 5000)).plans).toHaveLength(1);
    const late = await switched(14_500, 5000);
    expect(late.plans.map(({ atMs }) => atMs)).toEqual([0, 19_500]);
    expect(late.requests.at(-1)!.latencyMs).toBeCloseTo(60, 9);
  });

  it('costs only what it adds where it keeps workers', async () => {
    const [few, many] = [await withVariants(10, 's'), await withVariants(300, 's')];
    expect(many.workers.length).toBeGreaterThan(few.workers.length);
    const result = await run({ system: inTurn([few, many]), rates: seconds(9, 10) });
    expect(result.cost.map(({ value }) => value)).toEqual([
      few.workers.length,
      many.workers.length,
      many.workers.length,
    ]);
  });

  it('does not serve before one that was decided earlier', async () => {
    const [a, b, c] = await Promise.all([
      withVariants(5, 's'),
      withVariants(5, 'l'),
      made(60, { slaMs: 200 }),
    ]);
    let asked = 0;
    const { plans } = await run({
      system: { ...inTurn([]), plan: async () => [a, b, c][Math.min(2, asked++)]! },
      rates: seconds(30, 5),
      startMs: (plan) => (plan === b ? 12_000 : 100),
    });
    expect(plans.map(({ atMs, plan }) => [atMs, plan])).toEqual([
      [0, a],
      [17_000, b],
      [17_000, c],
    ]);
  });
});

it('equal seeds give equal results, and others other ones', async () => {
  const spread = pipeline({ stages: { detect: { s: { accuracy: 0.6, ms: 40 } } }, spread: 3 });
  const of = async (seed: number) => {
    const { requests, steps, cost } = await run({
      profile: spread,
      system: ipaEdgeSystem(await planOn(spread), standing, () => 1000),
      rates: [...seconds(15, 5), ...seconds(15, 50)],
      startMs: startMsOf(spread),
      seed,
    });
    return {
      requests,
      cost,
      steps: steps.map(({ plan, interim, ...step }) => ({
        ...step,
        stages: [interim?.stages, plan?.stages],
      })),
    };
  };
  const first = await of(1);
  expect(await of(1)).toEqual(first);
  expect((await of(2)).requests).not.toEqual(first.requests);
});

it('a worker starts as long as its sessions took to load, to be created and to run once', async () => {
  const plan = await made(5);
  const both = { ...plan.workers[0]!, stages: ['detect', 'classify'] };
  expect(startMsOf(profile)(plan, plan.workers[0]!)).toBe(1000);
  expect(startMsOf(profile)(plan, both)).toBe(2000);
});

it('a worker that also holds a heavy variant takes as long more as the heavy variant does', async () => {
  const plan = await made(5);
  const light = plan.stages.find(({ name }) => name === 'classify')!;
  const heavy = {
    ...{ ...light, name: 'classify-heavy' },
    escalation: { from: 'classify', below: 0.5, share: 0.3, accuracy: light.accuracy! },
  };
  const worker = { ...plan.workers[0]!, stages: ['classify', 'classify-heavy'] };
  expect(startMsOf(profile)({ ...plan, stages: [...plan.stages, heavy] }, worker)).toBe(2000);
});

it('a worker that also holds a standby takes as long more as the standby does', async () => {
  const plan = await withVariants(5, 'l');
  const standby = (await withVariants(5, 's')).stages[1]!;
  const stages = plan.stages.map((row) => (row.name === standby.name ? { ...row, standby } : row));
  const worker = { ...plan.workers[0]!, stages: [standby.name] };
  expect(startMsOf(profile)({ ...plan, stages } as Plan, worker)).toBe(2000);
});
