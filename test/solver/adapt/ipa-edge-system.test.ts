import { describe, expect, it } from 'vitest';
import { ipaEdgeSystem, RATE_PER_S_MIN } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { StandingRequest } from '../../../solver/adapt/standing-request.ts';
import { adaptationStep } from '../../../solver/adapt/step.ts';
import type { LoadState, System } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { InfeasiblePlanError, NothingMeasuredError } from '../../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE, type PlanRequest } from '../../../solver/plan/request.ts';
import { pipeline } from '../pipelines.ts';
import { cell, planOn, profile as profileOf, request, resources, runs } from '../profiles.ts';
import { even, load, seconds, standing, startMs } from './loads.ts';

const small = pipeline({
  stages: { detect: { s: { accuracy: 0.8, ms: 20 } } },
  batches: [1, 2, 4, 8],
});

/** Makes a planner on a small pipeline that remembers what it was asked for. */
async function recorded(answer?: (request: PlanRequest) => Promise<Plan> | undefined) {
  const asked: PlanRequest[] = [];
  const plan = await planOn(small);
  const planAt = async (request: PlanRequest) => {
    asked.push(request);
    return (await answer?.(request)) ?? plan(request);
  };
  return { asked, planAt };
}

/** Returns the rates that the system asks plans for, which leave nothing, three tenths and six tenths of the SLA for queues. */
async function ratesFor(of: LoadState, more: Partial<StandingRequest> = {}): Promise<number[]> {
  const { asked, planAt } = await recorded();
  await ipaEdgeSystem(planAt, standing(more), startMs).plan(of, undefined);
  return asked.map(({ ratePerS }) => ratePerS);
}

describe('the rates that ours plans for', () => {
  const noisy = load(
    Array.from({ length: 60 }, (_, i) => 20 + [-6, 3, 7, -4, 0][i % 5]!),
    34,
    40,
  );

  it('are that of an even load, less what may be missed, and rounded up to a power of 1.02', async () => {
    for (const [percentile, ratePerS] of [
      [99, 19.8],
      [90, 18],
    ] as const) {
      const [rate] = await ratesFor(even(20), { percentile });
      expect(rate).toBeGreaterThanOrEqual(ratePerS);
      expect(rate).toBeLessThan(ratePerS * 1.03);
      const power = Math.log(rate!) / Math.log(1.02);
      expect(Math.abs(power - Math.round(power))).toBeLessThan(1e-6);
    }
  });

  it('are lower for plans that leave more of a long SLA for queues, which even out the load', async () => {
    const [none, some, more] = await ratesFor(noisy, { slaMs: 8000, percentile: 99 });
    expect(none).toBeGreaterThan(29);
    expect(some).toBeLessThan(27);
    expect(more).toBeLessThanOrEqual(some!);
  });

  it('are the same at an even load, however long the workers take to start', async () => {
    const rates: number[] = [];
    for (const startS of [1, 15, 25, 3000]) {
      const { asked, planAt } = await recorded();
      const current = await planAt(request({ slaMs: 1000, ratePerS: 20 }));
      const system = ipaEdgeSystem(planAt, standing({ percentile: 95 }), () => 1000 * startS);
      await system.plan(even(20), current);
      rates.push(asked.at(-1)!.ratePerS);
    }
    expect(new Set(rates).size).toBe(1);
    expect(rates[0]).toBeGreaterThanOrEqual(19);
  });

  it('are lower the more requests may miss the SLA', async () => {
    const rates = await Promise.all(
      [99.9, 99, 95, 80].map(async (percentile) => (await ratesFor(noisy, { percentile }))[0]!),
    );
    for (const [i, rate] of rates.slice(1).entries()) expect(rate).toBeLessThan(rates[i]!);
  });

  it('are higher where requests wait already, and where too many missed the SLA', async () => {
    const served = { open: 0, ended: 1000, missed: 10 };
    const at = async (more: Partial<typeof served>) =>
      (await ratesFor({ ...noisy, served: { ...served, ...more } }, { percentile: 99, slaMs: 4000 }))[1]!;
    expect(await at({ open: 200 })).toBeGreaterThan(await at({}));
    expect(await at({ missed: 100 })).toBeGreaterThan(await at({}));
    expect(await at({ missed: 0 })).toBeLessThan(await at({}));
  });

  it('are no less than is asked for at least', async () => {
    for (const rate of await ratesFor(even(10), { minRatePerS: 30 })) expect(rate).toBeGreaterThanOrEqual(30);
  });

  it('are one request in ten seconds at least', async () => {
    expect(await ratesFor(even(0))).toEqual(Array(3).fill(RATE_PER_S_MIN));
    expect(RATE_PER_S_MIN).toBe(0.1);
  });
});

describe('what ours asks for', () => {
  it('is what stands, with replicas that may be busy throughout, and time of the SLA for queues', async () => {
    const { asked, planAt } = await recorded();
    const asks = standing({ percentile: 99, restrictTo: { detect: ['s'] } });
    await ipaEdgeSystem(planAt, asks, startMs).plan(even(10), undefined);
    const { minRatePerS: _, ...request } = asks;
    const resources = { ...asks.resources, utilisationMax: 1 };
    expect(asked).toEqual(
      [{}, { queueMs: 300 }, { queueMs: 600 }].map((queue, i) => ({
        ...request,
        resources,
        ratePerS: asked[i]!.ratePerS,
        sharing: false,
        ...queue,
      })),
    );
  });

  it('is first whether what runs can stay, and then what else there is, for a change of it costs', async () => {
    const { asked, planAt } = await recorded();
    const system = ipaEdgeSystem(planAt, standing(), startMs);
    const current = await system.plan(even(10), undefined);
    asked.length = 0;
    await system.plan(even(10), current);
    expect(asked.map(({ keep, current: runs }) => [keep, runs])).toEqual([
      [current, undefined],
      ...Array(3).fill([undefined, current.stages]),
    ]);
  });

  /** Refuses rates over 5/s. */
  const refuse = (nearestRatePerS: number | null) => (request: PlanRequest) => {
    if (request.ratePerS > 5) throw new InfeasiblePlanError(request, 'cores', null, nearestRatePerS);
    return undefined;
  };

  it('is the nearest rate that works, where none meets the SLA', async () => {
    const { planAt } = await recorded(refuse(4));
    const plan = await ipaEdgeSystem(planAt, standing(), startMs).plan(even(10), undefined);
    expect(plan.ratePerS).toBe(4);
  });

  it('is nothing more where nothing runs yet and no rate works', async () => {
    const { planAt } = await recorded(refuse(null));
    const plan = ipaEdgeSystem(planAt, standing(), startMs).plan(even(10), undefined);
    await expect(plan).rejects.toThrow(InfeasiblePlanError);
  });

  it('is what runs, where no rate works', async () => {
    const current = await (await planOn(small))(request({ ratePerS: 4 }));
    const { planAt } = await recorded(refuse(null));
    const system = ipaEdgeSystem(planAt, standing(), startMs);
    expect(await system.plan(even(10), current)).toBe(current);
    expect(await system.interim!(even(10), current)).toBe(current);
  });

  it('is nothing more where nothing was measured', async () => {
    const { asked, planAt } = await recorded(() => {
      throw new NothingMeasuredError('detect', 'no cell');
    });
    await expect(ipaEdgeSystem(planAt, standing(), startMs).plan(even(10), undefined)).rejects.toThrow(
      NothingMeasuredError,
    );
    expect(asked).toHaveLength(1);
  });
});

describe('a forecast is overtaken', () => {
  const { overtaken } = ipaEdgeSystem(
    async () => Promise.reject(new Error('not asked')),
    standing(),
    startMs,
  );
  const forecast = { medianPerS: 10, p90PerS: 20 };

  it.each<[boolean, string, number[]]>([
    [true, 'by a second that brings more than one time in ten', [5, 5, 5, 21]],
    [false, 'not by one that brings just as much', [5, 5, 5, 20]],
    [false, 'not by what was before', [90, 90, 90, 5]],
  ])('%s: %s', (expected, _, counts) => {
    expect(overtaken(forecast, counts)).toBe(expected);
  });
});

describe('ours that counts misses', () => {
  const reserves = async (of: LoadState) => {
    const { asked, planAt } = await recorded();
    await ipaEdgeSystem(planAt, standing(), startMs).plan(
      of,
      await (await planOn(small))({ ...standing(), ratePerS: 10 }),
    );
    return new Set(asked.map(({ ifSlower }) => ifSlower));
  };

  it('plans without room for slower batches, because it makes up for misses', async () => {
    expect(await reserves({ ...even(10), served: { open: 0, ended: 100, missed: 0 } })).toEqual(
      new Set([false]),
    );
  });

  it('leaves that room where nobody counts them', async () => {
    expect(await reserves(even(10))).toEqual(new Set([undefined]));
  });

  it('allows more misses for fewer workers, but not for smaller batches of the same workers', async () => {
    const choice = async (ratePerS: number, served: NonNullable<LoadState['served']>) => {
      const { planAt } = await recorded();
      const system = ipaEdgeSystem(planAt, standing({ percentile: 95 }), startMs);
      const current = await system.plan(even(ratePerS), undefined);
      const { stages } = await system.plan({ ...even(ratePerS), served }, current);
      return stages.map(({ replicas, batch }) => [replicas, batch]);
    };
    const asManyAsMay = { open: 0, ended: 100_000, missed: 5000 };
    const none = { open: 0, ended: 100_000, missed: 0 };
    expect(await choice(54, asManyAsMay)).toEqual([[1, 2]]);
    expect(await choice(54, none)).toEqual([[1, 2]]);
    expect(await choice(82, none)).toEqual([[1, 8]]);
    expect(await choice(90, asManyAsMay)).toEqual([[2, 1]]);
    expect(await choice(90, none)).toEqual([[1, 8]]);
  });
});

describe('ours on a profile', () => {
  const stages = {
    detect: { s: { accuracy: 0.8, ms: 20 }, m: { accuracy: 0.81, ms: 22 }, l: { accuracy: 0.95, ms: 200 } },
    classify: { s: { accuracy: 0.9, ms: 10 } },
  };
  const profile = pipeline({ stages, startMs: 1000 });
  const variants = (plan: Plan) => plan.stages.map(({ variant }) => variant);

  const planned = async (ratePerS: number, current: Plan | undefined, more: Partial<StandingRequest> = {}) =>
    ipaEdgeSystem(
      await planOn(profile),
      standing({ resources: resources({ cores: 40, gpus: 0 }), ...more }),
      startMs,
    ).plan(even(ratePerS), current);

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
    const system = ipaEdgeSystem(await planOn(profile), standing(), startMs);
    const first = await system.plan(even(10), undefined);
    const next = await lasting(11, system, first);
    expect(next.forecast).toEqual({ medianPerS: 11, p90PerS: 11 });
    expect(next.plan).toBeUndefined();
    expect(next.interim).toBeUndefined();
    expect(next.plannedPerS).toBeGreaterThan(10);
  });

  it('lets what runs change its batches until more of it has started', async () => {
    const batched = pipeline({
      stages: { detect: { s: { accuracy: 0.8, ms: 20 } } },
      batches: [1, 2, 4, 8],
    });
    const system = ipaEdgeSystem(await planOn(batched), standing(), startMs);
    const first = await system.plan(even(10), undefined);
    const step = await lasting(400, system, first);
    const [interim, last] = [step.interim!.stages[0]!, step.plan!.stages[0]!];
    expect(interim.replicas).toBe(first.stages[0]!.replicas);
    expect(interim.batch).toBeGreaterThan(first.stages[0]!.batch);
    expect(last.replicas).toBeGreaterThan(interim.replicas);
    expect((await lasting(10, system, step.plan!)).interim).toBeUndefined();
  });

  it('divides a GPU among more workers under a higher load, and until they have started changes no worker', async () => {
    const cells = [cell('detect', 's', 'webgpu', 1, runs(20)), cell('classify', 's', 'webgpu', 1, runs(10))];
    const profile = profileOf(cells, {
      fanOut: [],
      coRun: [{ backend: 'webgpu', threads: 1, n: 100, slowDowns: Array(5).fill(1.2) }],
    });
    const system = ipaEdgeSystem(await planOn(profile), standing(), startMs);
    const first = await system.plan(even(1), undefined);
    const step = await lasting(26, system, first);
    const held = (plan: Plan | undefined) => plan?.workers.map(({ stages }) => stages);
    expect(held(first)).toEqual([['detect', 'classify']]);
    expect(held(step.plan)).toEqual([['detect'], ['classify']]);
    expect(step.interim).toBeUndefined();
    expect((await lasting(1, system, step.plan!)).plan).toBeUndefined();
  });
});
