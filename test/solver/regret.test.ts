import { beforeAll, describe, expect, it } from 'vitest';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { mean } from '../../solver/math/statistics.ts';
import { plan } from '../../solver/plan/planner.ts';
import { predict, type SimulatedPrediction } from '../../solver/simulate/predict.ts';
import { randomPipeline } from './pipelines.ts';
import { request, resources } from './profiles.ts';

/** Compares a plan under a rate or times that it was not made for with the plan that was made for them. */

const PROFILES = 16;
const FACTOR = 1.5;
const REQUESTS = 2500;
/** Three standard deviations of the difference in attainment between two simulations of so many requests, at 95 %. */
const NOISE = 0.02;

interface Met {
  /** What the simulation predicts, at this rate and with these times, for a plan that was made for another rate or other times. */
  readonly stale: SimulatedPrediction;
  /** The same for a plan that was made for this rate and these times. */
  readonly fresh: SimulatedPrediction;
  /** Requests/s that the stale plan's busiest stage can do. */
  readonly capacityPerS: number;
}

const slower = (profile: Profile): Profile => ({
  ...profile,
  cells: (profile.cells as MeasuredCell[]).map((cell) => ({
    ...cell,
    inferenceMs: cell.inferenceMs.map((ms) => FACTOR * ms),
    handlingMs: cell.handlingMs.map((ms) => FACTOR * ms),
  })),
});

/** Returns how many requests/s the busiest stage can do with full batches, at most as many as arrive. */
function capacityPerS({ stages, ratePerS }: Plan, arrivingPerS: number, timesLonger: number): number {
  const shares = stages.map(({ itemsPerS, batch, replicas, serviceMs }) => {
    const ms = timesLonger * serviceMs.at(-1)!.meanMs;
    return (replicas * 1000 * batch) / ms / (itemsPerS / ratePerS);
  });
  return Math.min(arrivingPerS, ...shares);
}

const met: { asPlanned: SimulatedPrediction; rate: Met; times: Met }[] = [];
beforeAll(async () => {
  const solver = await loadSolver();
  for (let seed = 1; seed <= PROFILES; seed++) {
    const profile = randomPipeline(seed);
    const asked = request({
      ratePerS: 10 * (1 + (seed % 4)),
      slaMs: 600,
      resources: resources({ cores: 200, gpus: 0 }),
    });
    const made = (of: Profile, ratePerS: number) =>
      plan(solver, { profile: of, sha256: 'b'.repeat(64) }, { ...asked, ratePerS });
    const simulated = (of: Plan, on: Profile, ratePerS: number) =>
      predict({ ...of, ratePerS }, on, { n: REQUESTS, seed: 1000 + seed });

    const stale = made(profile, asked.ratePerS);
    const [more, slow] = [FACTOR * asked.ratePerS, slower(profile)];
    met.push({
      asPlanned: simulated(stale, profile, asked.ratePerS),
      rate: {
        stale: simulated(stale, profile, more),
        fresh: simulated(made(profile, more), profile, more),
        capacityPerS: capacityPerS(stale, more, 1),
      },
      times: {
        stale: simulated(stale, slow, asked.ratePerS),
        fresh: simulated(made(slow, asked.ratePerS), slow, asked.ratePerS),
        capacityPerS: capacityPerS(stale, asked.ratePerS, FACTOR),
      },
    });
  }
});

const regret = ({ stale, fresh }: Met): number => fresh.slaAttainment - stale.slaAttainment;
const share = ({ stale, capacityPerS: capacity }: Met): number => stale.goodputPerS / capacity;

it('a plan keeps what it promised with another seed', () => {
  for (const { asPlanned } of met) expect(asPlanned.slaAttainment).toBeGreaterThan(0.95);
});

describe.each([
  ['the rate', 'rate', 0.2, 0.9, 0.65],
  // The plan sheds by the times that it was made with, and learns how far off they are.
  ['the latencies', 'times', 0.35, 0.75, 0.4],
] as const)('with 1.5 times %s', (_, key, most, goodput, least) => {
  it('planning again attains no less than the plan that there was', () => {
    for (const { [key]: of } of met) expect(regret(of)).toBeGreaterThan(-NOISE);
  });

  it('planning again keeps the SLA', () => {
    for (const { [key]: of } of met) expect(of.fresh.slaAttainment).toBeGreaterThan(0.95);
  });

  it(`the regret of the plan that there was is at most ${most} of attainment in the mean`, () => {
    expect(mean(met.map(({ [key]: of }) => regret(of)))).toBeLessThan(most);
  });

  it(`that plan does ${goodput} of what its busiest stage can in the mean, never under ${least}`, () => {
    const shares = met.map(({ [key]: of }) => share(of));
    expect(mean(shares)).toBeGreaterThan(goodput);
    expect(Math.min(...shares)).toBeGreaterThan(least);
  });
});
