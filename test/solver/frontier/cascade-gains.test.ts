import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FrontierPoint } from '../../../solver/documents/report.ts';
import { bestPoints, cascadeGains, frontiers } from '../../../solver/frontier/cascade-gains.ts';
import { cascadeGainSentences } from '../../../solver/report/cascade-gain-text.ts';
import { cascadeProfile, wellCalibrated } from '../cascades.ts';
import { request, resources } from '../profiles.ts';

const point = (cost: number, accuracy: number, heavyShare?: number): FrontierPoint => ({
  backends: ['cpu'],
  variants: { classify: heavyShare === undefined ? `plain${cost}` : 'cnn8' },
  batches: { classify: 1 },
  ...(heavyShare !== undefined && {
    cascades: { classify: { variant: 'res32', batch: 1, below: 0.5, share: heavyShare } },
  }),
  accuracy,
  cost,
  boundMs: 10,
  weights: null,
});

const points = fc.array(
  fc.record({ cost: fc.integer({ min: 1, max: 9 }), accuracy: fc.integer({ min: 0, max: 20 }) }),
  { maxLength: 12 },
);

test('at each cost stands the best accuracy that it pays for, with and without cascades', () => {
  fc.assert(
    fc.property(points, points, (all, plainOnes) => {
      const both = [...all, ...plainOnes].map(({ cost, accuracy }) => point(cost, accuracy / 20));
      const without = plainOnes.map(({ cost, accuracy }) => point(cost, accuracy / 20));
      const most = (of: readonly FrontierPoint[], cost: number) =>
        Math.max(-1, ...of.filter((one) => one.cost <= cost).map(({ accuracy }) => accuracy));
      const rows = cascadeGains(both, without);
      for (const { cost, best, bestWithout } of rows) {
        expect(best.accuracy).toBe(most(both, cost));
        expect(bestWithout?.accuracy ?? -1).toBe(most(without, cost));
      }
      // Between two rows of the table nothing changes, so the last row up to a cost has the best accuracy for that cost.
      for (let cost = 1; cost <= 9; cost++) {
        const row = rows.findLast((one) => one.cost <= cost);
        expect(row?.best.accuracy ?? -1).toBe(most(both, cost));
        expect(row?.bestWithout?.accuracy ?? -1).toBe(most(without, cost));
      }
      const steps = bestPoints(both);
      for (const [i, step] of steps.slice(1).entries()) {
        expect(step.cost).toBeGreaterThan(steps[i]!.cost);
        expect(step.accuracy).toBeGreaterThan(steps[i]!.accuracy);
      }
    }),
  );
});

test('sentences tell the largest gain at one cost, and what the best accuracy without cascades then costs', () => {
  const without = [point(1, 0.7), point(4, 0.86)];
  const all = [...without, point(2, 0.78, 0.07), point(3, 0.87, 0.2)];
  expect(cascadeGainSentences(all, without)).toEqual([
    'For a cost of 3, the best choice is a cascade: cnn8, 20 of 100 on to res32. Its PAS is 87.0 %, without cascades at most 70.0 %.',
    'The best PAS without cascades, 86.0 %, costs 4, and with cascades 3: cnn8, 20 of 100 on to res32.',
  ]);
  expect(cascadeGainSentences([...without, point(2, 0.7004, 0.1)], without)).toEqual([
    'Cascades gain nothing here over one variant for each stage.',
  ]);
  expect(cascadeGainSentences(all, [])).toEqual([]);
});

test('a profile has a frontier without cascades beside its own where that has any', () => {
  const profile = cascadeProfile(wellCalibrated());
  const asked = request({ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) });
  const { frontier, frontierWithoutCascades } = frontiers(profile, asked);
  expect(frontier.some(({ cascades }) => cascades)).toBe(true);
  expect(frontierWithoutCascades.length).toBeGreaterThan(0);
  expect(frontierWithoutCascades.some(({ cascades }) => cascades)).toBe(false);
  for (const { best, bestWithout } of cascadeGains(frontier, frontierWithoutCascades))
    expect(best.accuracy).toBeGreaterThanOrEqual(bestWithout?.accuracy ?? 0);
  expect(frontiers(profile, { ...asked, cascades: false }).frontierWithoutCascades).toEqual([]);
});

test('ranks with and without cascades are not compared, because each frontier has ranks of its own', () => {
  const profile = cascadeProfile(wellCalibrated());
  const objective = { ...request().objective, accuracy: 'rank-sum' } as const;
  const { frontier, frontierWithoutCascades } = frontiers(profile, request({ slaMs: 900, objective }));
  expect(frontier.some(({ cascades }) => cascades)).toBe(true);
  expect(frontierWithoutCascades).toEqual([]);
});
