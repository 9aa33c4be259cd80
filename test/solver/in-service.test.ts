import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roundTripsMs } from '../../solver/documents/cell.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import type { ServiceFactors } from '../../solver/documents/serving.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { corrected } from '../../solver/plan/in-service.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { cell, planOn, profile, request, runs, SHA } from './profiles.ts';

const skipped = { state: 'skipped', reason: 'budget' } as const;
const key = { stage: 'classify', variant: 's', threads: 1, batch: 4 } as const;
const measured = profile([
  cell('detect', 's', 'cpu', 1, runs(4)),
  cell('classify', 's', 'cpu', 1, runs(2), { runsMs: { encoder: runs(1) }, steps: Array(20).fill(1) }),
  cell('classify', 's', 'webgpu', 1, runs(3)),
  { ...key, backend: 'cpu', ...skipped },
]);

const inService = (factors: ServiceFactors) => corrected({ profile: measured, sha256: SHA }, factors).profile;

test('batches of a backend that take longer are a valid profile, whose statistics are those of its runs', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 10, noNaN: true }), (cpu) => {
      const slower = parseProfile(inService({ batches: { cpu } }), 'slower');
      for (const [i, one] of slower.cells.entries()) {
        const before = measured.cells[i]!;
        if (one.state !== 'measured' || before.state !== 'measured') {
          expect(one).toEqual(before);
          continue;
        }
        const factor = one.backend === 'cpu' ? cpu : 1;
        const [was, is] = [roundTripsMs(before), roundTripsMs(one)];
        for (const [run, ms] of is.entries()) expect(ms).toBeCloseTo(factor * was[run]!, 9);
        for (const [name, value] of Object.entries(summaryOf(is)))
          expect(one.latencyMs[name as keyof typeof one.latencyMs] ?? 0).toBeCloseTo(value ?? 0, 9);
        expect(one.runsMs?.encoder?.[0] ?? 0).toBeCloseTo(factor * (before.runsMs?.encoder?.[0] ?? 0), 9);
      }
    }),
  );
});

test('a plan on it expects batches that take longer, and has more replicas for the same rate', async () => {
  const asked = request({ ratePerS: 300, slaMs: 100 });
  const [planAt, slowerAt] = [await planOn(measured), await planOn(inService({ batches: { cpu: 2 } }))];
  const only = { backends: ['cpu'] } as const;
  const [plan, slower] = [await planAt({ ...asked, ...only }), await slowerAt({ ...asked, ...only })];
  plan.stages.forEach(({ serviceMs, replicas }, s) => {
    const other = slower.stages[s]!;
    expect(other.serviceMs[0]!.meanMs).toBeCloseTo(2 * serviceMs[0]!.meanMs, 9);
    expect(other.replicas).toBeGreaterThan(replicas);
  });
});

test('a request that takes less core time is sooner answered by as much, but never before it is sent', () => {
  const latency = [
    { percentile: 5, delayMs: 0.5 },
    { percentile: 95, delayMs: 9 },
  ];
  const served = {
    ...measured,
    serving: { requests: [{ body: 'binary' as const, bodyBytes: 9, n: 9, coreMs: 2, latency }] },
  };
  const { profile } = corrected({ profile: served, sha256: SHA }, { request: 0.5 });
  const [cost] = parseProfile(profile, 'sooner').serving!.requests;
  expect([cost!.coreMs, ...cost!.latency.map(({ delayMs }) => delayMs)]).toEqual([1, 0, 8]);
});

test('without factors the times stay', () => {
  expect(corrected({ profile: measured, sha256: SHA }, { request: 1, batches: { cpu: 1 } })).toEqual({
    ...{ profile: measured, sha256: SHA },
  });
});

test('a plan says with which corrections of the profile it was made', async () => {
  const planner = await Planner.open(
    corrected({ profile: measured, sha256: SHA }, { batches: { cpu: 1.3 } }),
  );
  const plan = parsePlan(planner.plan(request({ slaMs: 100 })), 'the plan');
  expect(plan.inService).toEqual({ batches: { cpu: 1.3 } });
  expect(plan.profile.sha256).toBe(SHA);
});

test.each([0, 0.4, 11, Number.NaN])('a plan with a correction of %d is refused', async (cpu) => {
  const planner = await Planner.open({ profile: measured, sha256: SHA });
  const plan = { ...planner.plan(request({ slaMs: 100 })), inService: { batches: { cpu } } };
  expect(() => parsePlan(plan, 'the plan')).toThrow(/inService\.batches\.cpu/);
});
