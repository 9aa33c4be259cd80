import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipaEdgeSystem, LEAST_RATE_PER_S } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { StandingRequest } from '../../../solver/adapt/standing-request.ts';
import { adaptationStep } from '../../../solver/adapt/step.ts';
import type { LoadState, System } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { InfeasiblePlanError, NothingMeasuredError } from '../../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE, type PlanRequest } from '../../../solver/plan/request.ts';
import { pipeline } from '../pipelines.ts';
import { planOn, request as planRequest, resources } from '../profiles.ts';

const standing = (more: Partial<StandingRequest> = {}): StandingRequest => {
  const { ratePerS: _, ...rest } = planRequest({ slaMs: 1000, ...more });
  return { minRatePerS: 0, ...rest, ...more };
};

const seconds = (count: number, value: number) => Array<number>(count).fill(value);
const load = (countsPerS: number[], medianPerS: number, p90PerS: number): LoadState => ({
  countsPerS,
  forecast: { medianPerS, p90PerS },
});

/** A planner that only remembers what it was asked for. */
function stub(answer: (request: PlanRequest) => Plan = ({ ratePerS }) => ({ ratePerS }) as Plan) {
  const asked: PlanRequest[] = [];
  const planAt = async (request: PlanRequest) => {
    asked.push(request);
    return answer(request);
  };
  return { asked, planAt };
}

async function rateFor(of: LoadState, asked: Partial<StandingRequest> = {}): Promise<number> {
  return (await ipaEdgeSystem(stub().planAt, standing(asked)).plan(of, undefined)).ratePerS;
}

/** What is planned for is rounded up to a power of 1.02. */
function expectRate(ratePerS: number, wanted: number): void {
  expect(ratePerS).toBeGreaterThanOrEqual(wanted * (1 - 1e-6));
  expect(ratePerS).toBeLessThan(wanted * 1.0201);
}

describe('the rate that ours plans for', () => {
  // 10/s, from one second to the next 12 up or down: by chance, seconds go over 30 and 40.
  const noisy = load(
    Array.from({ length: 30 }, (_, i) => (i % 2 ? 16 : 4)),
    30,
    40,
  );

  it.each([
    [95, 40],
    [99, 40],
    [94, 30],
    [90, 30],
  ])(
    'at p%d with an SLA of one second is %d/s, where 30 are as likely exceeded as not and 40 one time in ten',
    async (percentile, wanted) => {
      expectRate(await rateFor(noisy, { percentile }), wanted);
    },
  );

  it.each([
    [90, 4000, 20],
    [98, 4000, 25],
    [95, 16_000, 17.5],
    [95, 400, 40],
    // One miss in a hundred allows to average over half an SLA, one in a thousand over a twentieth of it.
    [99, 8000, 25],
    [99.9, 8000, 40],
    [99.9, 80_000, 25],
  ])(
    'at p%d with an SLA of %d ms is %d/s, as requests may wait for quieter seconds',
    async (percentile, slaMs, wanted) => {
      // Above the level of 10/s, one over the root of the seconds that are averaged.
      expectRate(await rateFor(noisy, { percentile, slaMs }), wanted);
    },
  );

  it('does not average over what chance does not explain: a load that has been even is foreseen to rise', async () => {
    expectRate(await rateFor(load(seconds(30, 10), 20, 30), { slaMs: 16_000 }), 30);
  });

  it('takes chance by the median step, so that a rise is not taken for it', async () => {
    const risen = load([...seconds(20, 10), ...seconds(10, 30)], 30, 40);
    expectRate(await rateFor(risen, { slaMs: 16_000 }), 40);
  });

  it('takes no level above what is foreseen: a load that is over is not planned for', async () => {
    expectRate(await rateFor(load(seconds(30, 50), 8, 10), { slaMs: 4000 }), 10);
  });

  it('is no less than is asked for at least, and no more where more is foreseen', async () => {
    expectRate(await rateFor(load(seconds(30, 10), 20, 20), { minRatePerS: 30 }), 30);
    expectRate(await rateFor(load(seconds(30, 10), 40, 40), { minRatePerS: 30 }), 40);
  });

  it('is one request in ten seconds at least', async () => {
    const silence = load(seconds(30, 0), 0, 0);
    expectRate(await rateFor(silence), LEAST_RATE_PER_S);
    expect(LEAST_RATE_PER_S).toBe(0.1);
  });

  it('hardly moves with a load that hardly moves, and never lies below it', async () => {
    const busiest = fc.double({ min: 1, max: 1000, noNaN: true });
    await fc.assert(
      fc.asyncProperty(busiest, async (p90PerS) => {
        const rate = await rateFor(load([p90PerS], p90PerS, p90PerS));
        expectRate(rate, p90PerS);
        // What was rounded up stays: steps are the same from wherever one looks.
        expectRate(await rateFor(load([rate], rate, rate)), rate);
        expect(
          Math.abs(Math.log(rate) / Math.log(1.02) - Math.round(Math.log(rate) / Math.log(1.02))),
        ).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('what ours asks for', () => {
  it('is what stands, with replicas that may be busy throughout', async () => {
    const { asked, planAt } = stub();
    const asks = standing({ percentile: 99, restrictTo: { detect: ['s'] } });
    await ipaEdgeSystem(planAt, asks).plan(load([10], 10, 10), undefined);
    expect(asked).toHaveLength(1);
    const { minRatePerS: _, ...request } = asks;
    expect(asked[0]).toEqual({
      ...request,
      resources: { ...asks.resources, utilisationMax: 100 / 99 },
      ratePerS: asked[0]!.ratePerS,
    });
  });

  it('tells what runs, for a change of it costs', async () => {
    const { asked, planAt } = stub();
    const current = { stages: [{ name: 'detect', variant: 's', backend: 'cpu' }] } as Plan;
    await ipaEdgeSystem(planAt, standing()).plan(load([10], 10, 10), current);
    expect(asked[0]!.current).toBe(current.stages);
  });

  const refuse = (nearestRatePerS: number | null) => (request: PlanRequest) => {
    if (request.ratePerS > 5) throw new InfeasiblePlanError(request, 'cores', null, nearestRatePerS);
    return { ratePerS: request.ratePerS } as Plan;
  };

  it('is the nearest rate that works, where none meets the SLA', async () => {
    const { asked, planAt } = stub(refuse(4));
    const plan = await ipaEdgeSystem(planAt, standing()).plan(load([10], 10, 10), undefined);
    expect(plan.ratePerS).toBe(4);
    expect(asked.map(({ ratePerS }) => ratePerS > 5)).toEqual([true, false]);
  });

  it('is nothing more where nothing runs yet and no rate works', async () => {
    const plan = ipaEdgeSystem(stub(refuse(null)).planAt, standing()).plan(load([10], 10, 10), undefined);
    await expect(plan).rejects.toThrow(InfeasiblePlanError);
  });

  it('is what runs, where no rate works', async () => {
    const current = { stages: [{ name: 'detect', variant: 's', backend: 'cpu' }] } as Plan;
    const system = ipaEdgeSystem(stub(refuse(null)).planAt, standing());
    expect(await system.plan(load([10], 10, 10), current)).toBe(current);
    expect(await system.interim!(load([10], 10, 10), current)).toBe(current);
  });

  it('is nothing more where nothing was measured', async () => {
    const { asked, planAt } = stub(() => {
      throw new NothingMeasuredError('detect', 'no cell');
    });
    await expect(ipaEdgeSystem(planAt, standing()).plan(load([10], 10, 10), undefined)).rejects.toThrow(
      NothingMeasuredError,
    );
    expect(asked).toHaveLength(1);
  });
});

describe('a forecast is overtaken', () => {
  const { overtaken } = ipaEdgeSystem(stub().planAt, standing());
  const forecast = { medianPerS: 10, p90PerS: 20 };

  it.each<[boolean, string, number[]]>([
    [true, 'by a second that brings more than one time in ten', [5, 5, 5, 21]],
    [false, 'not by one that brings just as much', [5, 5, 5, 20]],
    [false, 'not by what was before', [90, 90, 90, 5]],
  ])('%s: %s', (expected, _, counts) => {
    expect(overtaken(forecast, counts)).toBe(expected);
  });
});

describe('ours on a profile', () => {
  const stages = {
    detect: { s: { accuracy: 0.8, ms: 20 }, m: { accuracy: 0.81, ms: 22 }, l: { accuracy: 0.95, ms: 200 } },
    classify: { s: { accuracy: 0.9, ms: 10 } },
  };
  const profile = pipeline({ stages, startMs: 1000 });
  const variants = (plan: Plan) => plan.stages.map(({ variant }) => variant);
  const at = (ratePerS: number) => load(seconds(30, ratePerS), ratePerS, ratePerS);

  const planned = async (ratePerS: number, current: Plan | undefined, more: Partial<StandingRequest> = {}) =>
    ipaEdgeSystem(
      await planOn(profile),
      standing({ resources: resources({ cores: 40, gpus: 0 }), ...more }),
    ).plan(at(ratePerS), current);

  it('keeps the variant that runs where another one is hardly better', async () => {
    const small = await planned(10, undefined, { restrictTo: { detect: ['s'] } });
    const choice = { restrictTo: { detect: ['s', 'm'] } };
    expect(variants(await planned(10, undefined, choice))).toEqual(['m', 's']);
    expect(variants(await planned(10, small, choice))).toEqual(['s', 's']);
    const free = { ...choice, objective: { ...DEFAULT_OBJECTIVE, eta: 0 } };
    expect(variants(await planned(10, small, free))).toEqual(['m', 's']);
  });

  it('changes the variant for one that is much better, and back when the load no longer lets it', async () => {
    const small = await planned(10, undefined, { restrictTo: { detect: ['s'] } });
    const large = await planned(4, small);
    expect(variants(large)).toEqual(['l', 's']);
    expect(variants(await planned(300, large))).not.toContain('l');
  });

  it('runs what the nearest rate allows where the load is too much for the cores', async () => {
    const few = { resources: resources({ cores: 4, gpus: 0 }) };
    const plan = await planned(1000, undefined, few);
    expect(plan.ratePerS).toBeLessThan(1000);
    expect(plan.ratePerS).toBeGreaterThan(50);
    expect(plan.workers.length).toBeLessThanOrEqual(4);
  });
});

describe('a step of adaptation', () => {
  const profile = pipeline({ stages: { detect: { s: { accuracy: 0.8, ms: 20 } } } });

  const lasting = (ratePerS: number, system: System, current: Plan) =>
    adaptationStep(system, lastWindow, seconds(30, ratePerS), 30, { decided: current, serving: current });

  it('changes nothing where only the rate is another', async () => {
    const system = ipaEdgeSystem(await planOn(profile), standing());
    const first = await system.plan(load(seconds(30, 10), 10, 10), undefined);
    const next = await lasting(11, system, first);
    expect(next.forecast).toEqual({ medianPerS: 11, p90PerS: 11 });
    expect(next.plan).toBeUndefined();
    expect(next.interim).toBeUndefined();
    expectRate(next.plannedPerS, 11);
  });

  it('lets what runs change its batches until more of it has started', async () => {
    const batched = pipeline({
      stages: { detect: { s: { accuracy: 0.8, ms: 20 } } },
      batches: [1, 2, 4, 8],
    });
    const system = ipaEdgeSystem(await planOn(batched), standing());
    const first = await system.plan(load(seconds(30, 10), 10, 10), undefined);
    const step = await lasting(400, system, first);
    const [interim, last] = [step.interim!.stages[0]!, step.plan!.stages[0]!];
    expect(interim.replicas).toBe(first.stages[0]!.replicas);
    expect(interim.batch).toBeGreaterThan(first.stages[0]!.batch);
    expect(last.replicas).toBeGreaterThan(interim.replicas);
    expect((await lasting(10, system, step.plan!)).interim).toBeUndefined();
  });
});
