import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cell, cellId } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { seededRandom } from '../../solver/math/random.ts';
import type { RatioVerdict } from '../../web/charts/ratios.ts';
import { compareProfiles, pairingsOf } from '../../web/page/results/compare-profiles.ts';
import { cell, profile, SHA } from '../solver/profiles.ts';

const KEYS = ['detect', 'classify'].flatMap((stage) =>
  [1, 2, 4].flatMap((batch) =>
    (stage === 'detect' ? ['s', 'm'] : ['s', 'l']).map((variant) => ({ stage, variant, batch })),
  ),
);

/** Makes a profile with a cell for each of `KEYS`, whose latencies are `samples` of its index. */
const profileOf = (samples: (i: number) => readonly number[], more: Partial<Profile> = {}): Profile =>
  profile(
    KEYS.map(({ stage, variant, batch }, i) => cell(stage, variant, 'cpu', batch, samples(i))),
    more,
  );

/** Makes a profile whose latencies are within 10 % of a median that differs from cell to cell. */
function noisy(seed: number, n: number, factor: (i: number) => number = () => 1): Profile {
  const random = seededRandom(seed);
  return profileOf((i) => Array.from({ length: n }, () => (5 + i) * factor(i) * (0.9 + 0.2 * random())));
}

const verdicts = (base: Profile, other: Profile): RatioVerdict[] =>
  compareProfiles(base, other).points.map(({ verdict }) => verdict);

const anySamples = fc.array(fc.double({ min: 2, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 60 });
const anyProfile = fc
  .array(anySamples, { minLength: KEYS.length, maxLength: KEYS.length })
  .map((all) => profileOf((i) => all[i]!));

describe('two profiles compared', () => {
  it('a profile differs nowhere from itself', () => {
    fc.assert(
      fc.property(anyProfile, (one) => {
        for (const { ratio, low, high, verdict } of compareProfiles(one, one).points) {
          expect(ratio).toBe(1);
          expect(low).toBeLessThan(1);
          expect(high).toBeGreaterThan(1);
          expect(['within-noise', 'few-samples']).toContain(verdict);
        }
      }),
    );
  });

  it('scaled by two, it is slower everywhere where the samples suffice, and faster the other way round', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 30, max: 120 }), (seed, n) => {
        const [once, twice] = [noisy(seed, n), noisy(seed, n, () => 2)];
        for (const { ratio } of compareProfiles(once, twice).points) expect(ratio).toBeCloseTo(2, 9);
        expect(new Set(verdicts(once, twice))).toEqual(new Set(['slower']));
        expect(new Set(verdicts(twice, once))).toEqual(new Set(['faster']));
      }),
      { numRuns: 30 },
    );
  });

  it('swapped, every ratio and interval is the inverse', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (a, b) => {
        const back = compareProfiles(b, a).points;
        for (const [i, { ratio, low, high }] of compareProfiles(a, b).points.entries()) {
          expect(back[i]!.ratio * ratio).toBeCloseTo(1, 9);
          expect(back[i]!.low * high).toBeCloseTo(1, 6);
          expect(low).toBeLessThanOrEqual(ratio);
          expect(high).toBeGreaterThanOrEqual(ratio);
        }
      }),
    );
  });

  it('under six samples tell nothing', () => {
    for (const n of [5, 60]) {
      const slower = noisy(2, n, () => 100);
      expect(new Set(verdicts(noisy(1, 5), slower))).toEqual(new Set(['few-samples']));
    }
  });

  it('two samplings of the same latencies hardly ever differ', () => {
    const all = Array.from({ length: 100 }, (_, seed) => verdicts(noisy(seed, 60), noisy(seed + 1000, 60)));
    const told = all.flat().filter((verdict) => verdict !== 'within-noise').length;
    expect(told / all.flat().length).toBeLessThan(0.01);
  });

  it('finds the one cell that changed', () => {
    const changed = compareProfiles(
      noisy(1, 60),
      noisy(2, 60, (i) => (i === 4 ? 1.3 : 1)),
    ).points.filter(({ verdict }) => verdict === 'slower');
    expect(changed.map(({ key }) => cellId(key))).toEqual([
      cellId({ ...KEYS[4]!, backend: 'cpu', threads: 1 }),
    ]);
  });

  it('a difference of less than a step of the timer is none', () => {
    const coarse = { device: { ...noisy(1, 1).device, timerGrainMs: 1 } };
    const still = (ms: number) => profileOf(() => Array(60).fill(ms), coarse);
    expect(new Set(verdicts(still(5), still(6)))).toEqual(new Set(['within-noise']));
    expect(new Set(verdicts(still(5), still(20)))).toEqual(new Set(['slower']));
  });

  it('compares one backend of each, by variant and batch', () => {
    const base = noisy(1, 60);
    const node = noisy(1, 60, () => 2);
    const page: Profile = {
      ...base,
      cells: [...base.cells, ...base.cells.map((one): Cell => ({ ...one, backend: 'webgpu' }))],
    };
    expect(pairingsOf(base, node)[0]).toBe('same');
    const gpuOnly = { ...page, cells: page.cells.filter(({ backend }) => backend === 'webgpu') };
    const sides = { base: { backend: 'webgpu', threads: 1 }, other: { backend: 'cpu', threads: 1 } } as const;
    expect(pairingsOf(gpuOnly, node)).toEqual([sides]);
    expect(compareProfiles(gpuOnly, node).points).toEqual([]);
    for (const compared of [gpuOnly, page]) {
      const { points, onlyInBase, onlyInOther } = compareProfiles(compared, node, sides);
      expect(points).toHaveLength(KEYS.length);
      for (const { key, other, ratio } of points) {
        expect([key.backend, other.backend]).toEqual(['webgpu', 'cpu']);
        expect([key.stage, key.variant, key.batch]).toEqual([other.stage, other.variant, other.batch]);
        expect(ratio).toBeCloseTo(2, 9);
      }
      expect([...onlyInBase, ...onlyInOther]).toEqual([]);
    }
  });

  it('says why a point cannot be compared', () => {
    const [base, other] = [noisy(1, 30), noisy(1, 30)];
    const key = { stage: 'detect', backend: 'cpu', threads: 1 } as const;
    other.stages = [
      { ...other.stages[0]!, variants: other.stages[0]!.variants.filter(({ name }) => name !== 'm') },
    ];
    other.cells = [
      { ...key, variant: 's', batch: 1, state: 'failed', error: 'lost' },
      { ...key, variant: 's', batch: 2, state: 'skipped', reason: 'budget' },
    ];
    const why = compareProfiles(base, other).onlyInBase.map(({ stage, variant, batch, why }) => [
      `${stage}/${variant}/${batch}`,
      why,
    ]);
    expect(Object.fromEntries(why)).toMatchObject({
      'detect/s/1': 'failed',
      'detect/s/2': 'skipped',
      'detect/s/4': 'not-measured',
      'detect/m/1': 'no-variant',
      'classify/s/1': 'no-stage',
    });
  });

  it('tells what only one of them measured, and models that are not the same', () => {
    const [base, other] = [noisy(1, 30), noisy(1, 30)];
    const [detect] = other.stages;
    other.cells = other.cells.filter(({ batch }) => batch !== 4);
    detect!.variants[0]!.sha256 = SHA.replaceAll('a', 'b');
    const { points, onlyInBase, onlyInOther } = compareProfiles(base, other);
    expect(onlyInBase.map(({ batch }) => batch)).toEqual([4, 4, 4, 4]);
    expect(onlyInOther).toEqual([]);
    expect(compareProfiles(other, base).onlyInOther).toHaveLength(4);
    expect(points.filter(({ sameModel }) => !sameModel).map(({ key }) => key.variant)).toEqual(['s', 's']);
  });
});
