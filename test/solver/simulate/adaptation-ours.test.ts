import { beforeAll, describe, expect, it } from 'vitest';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { oracle } from '../../../solver/adapt/predictors/oracle.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { lighterAnswers } from '../../../solver/report/downshift.ts';
import { meanPas } from '../../../solver/report/over-time.ts';
import { type AdaptationInput, simulateAdaptation } from '../../../solver/simulate/adaptation.ts';
import { adaptationReport } from '../../../solver/simulate/adaptation-report.ts';
import { type PlanAt, planOn } from '../profiles.ts';

import { adaptive, profile, resultOf, run, seconds, standing, trace } from './adaptive.ts';

let planAt: PlanAt;
beforeAll(async () => {
  planAt = await planOn(profile);
});

/** Returns the mean PAS of the plans that served, whichever variants answered. */
const plannedPas = ({ plans, load }: RunReport): number =>
  meanPas(
    plans.map(({ atMs, plan }) => ({ atMs, value: plan.predicted.pas })),
    0,
    1000 * load.durationS,
  )!;

describe('ours', () => {
  it('answers a burst that overtakes the forecast before its interval ends', async () => {
    const { steps } = await run({
      system: ipaEdgeSystem(planAt, standing, () => 1000),
      rates: [...seconds(33, 5), ...seconds(27, 60)],
      intervalMs: 10_000,
    });
    expect(steps.slice(0, 3).map(({ atMs }) => atMs)).toEqual([10_000, 20_000, 30_000]);
    const [answer] = steps.slice(3);
    expect(answer!.atMs).toBeGreaterThan(33_000);
    expect(answer!.atMs).toBeLessThanOrEqual(35_000);
    // The planned rate may be a bit less than 60, because one request in twenty may miss the SLA.
    expect(answer!.plannedPerS).toBeGreaterThanOrEqual(0.94 * 60);
  });

  it('decides by the interval alone where the load is as foreseen', async () => {
    const { steps } = await run({
      system: ipaEdgeSystem(planAt, standing, () => 1000),
      rates: seconds(60, 20),
      intervalMs: 10_000,
    });
    expect(steps.map(({ atMs }) => atMs)).toEqual([1, 2, 3, 4, 5].map((i) => 10_000 * i));
  });

  it('goes on deciding where the load has ended', async () => {
    const { steps } = await run({
      system: ipaEdgeSystem(planAt, standing, () => 1000),
      rates: [...seconds(5, 20), ...seconds(25, 0)],
    });
    expect(steps.at(-1)!).toMatchObject({ atMs: 25_000, forecast: { p90PerS: 0 } });
    expect(steps.at(-1)!.plannedPerS).toBeLessThan(1);
  });

  it('downshifts in a burst until more replicas serve, and its PAS counts the lighter answers', async () => {
    const rates = [...seconds(10, 20), ...seconds(10, 120)];
    const report = async (downshift: boolean) => {
      const input = adaptive({
        system: ipaEdgeSystem(planAt, { ...standing, ...(downshift && { downshift }) }, () => 1000),
        rates,
      });
      return adaptationReport(input, await simulateAdaptation(input));
    };
    const [without, withIt] = [await report(false), await report(true)];
    expect(withIt.result.slaAttainment!).toBeGreaterThan(without.result.slaAttainment!);
    expect(lighterAnswers(without)).toBe(0);
    expect(lighterAnswers(withIt)).toBeGreaterThan(0);
    expect(withIt.result.accuracy.pas!).toBeLessThan(plannedPas(withIt));
    expect(without.result.accuracy.pas!).toBeCloseTo(plannedPas(without));
  });

  it('with the future for a forecast attains no less than with the last seconds, on loads that step up', async () => {
    const attained = { oracle: 0, lastWindow: 0 };
    for (const seed of [1, 2, 3]) {
      const rates = [...seconds(25 + seed, 4), ...seconds(25, 40), ...seconds(15, 80)];
      const arrivalsMs = trace(rates, seed);
      const attainment = async (predictor: AdaptationInput['predictor']) => {
        const input = {
          system: ipaEdgeSystem(planAt, standing, () => 1000),
          rates,
          arrivalsMs,
          predictor,
          seed,
        };
        const result = await run({ ...input, startMs: () => 4000, intervalMs: 10_000 });
        return resultOf(result).slaAttainment!;
      };
      const [known, guessed] = [await attainment(oracle(arrivalsMs)), await attainment(lastWindow)];
      expect(known).toBeGreaterThanOrEqual(guessed);
      attained.oracle += known / 3;
      attained.lastWindow += guessed / 3;
    }
    expect(attained.oracle).toBeGreaterThan(0.97);
    expect(attained.oracle).toBeGreaterThan(attained.lastWindow + 0.02);
  });

  it('says at the start that nothing meets the SLA', async () => {
    const impossible = ipaEdgeSystem(planAt, { ...standing, slaMs: 1 }, () => 1000);
    await expect(run({ system: impossible, rates: [5, 5] })).rejects.toThrow(InfeasiblePlanError);
  });
});
