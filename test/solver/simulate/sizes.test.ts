import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../solver/documents/profile.ts';
import { seededRandom, shuffled } from '../../../solver/math/random.ts';
import { packItemCounts } from '../../../solver/simulate/fanout.ts';
import { type PredictedPlan, predict } from '../../../solver/simulate/predict.ts';
import { simulate } from '../../../solver/simulate/simulate.ts';
import { cell } from '../profiles.ts';

/** Each of 100 requests is a short text, but every tenth is a long one. */
const SIZES = Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 100 : 1));
const MS = (size: number) => 5 + 0.5 * size;
const ONE_EACH = SIZES.map(() => 1);

/** Both stages were measured on the same texts, in different orders. */
const measured = (stage: string, seed: number) => {
  const sizes = shuffled(SIZES, seededRandom(seed));
  return cell(stage, 'v', 'cpu', 1, sizes.map(MS), { sizes });
};

const profile = (sizes?: readonly number[]): Pick<Profile, 'cells' | 'fanOut' | 'coRun'> => ({
  cells: [measured('a', 1), measured('b', 2)],
  coRun: [],
  fanOut: ['a', 'b'].map((stage) => ({
    stage,
    upstream: {},
    counts: ONE_EACH,
    ...(sizes && { sizes: [...sizes] }),
  })),
});

const stage = (name: string): PredictedPlan['stages'][number] => ({
  name,
  variant: 'v',
  backend: 'cpu',
  threads: 1,
  batch: 1,
  maxWaitMs: 0,
  serviceMs: [{ items: 1, meanMs: 10 }],
});

/** Requests come so rarely that none waits. */
const plan: PredictedPlan = {
  slaMs: 10_000,
  ratePerS: 0.1,
  shedding: 'never',
  stages: [stage('a'), stage('b')],
  workers: [{ id: 'w', backend: 'cpu', threads: 1, stages: ['a', 'b'] }],
};

describe('a request that is long in one stage', () => {
  it('is long in each stage', () => {
    const { p50, p95 } = predict(plan, profile(SIZES), { n: 1000, seed: 1 }).latencyMs!;
    expect([p50, p95]).toEqual([expect.closeTo(2 * MS(1)), expect.closeTo(2 * MS(100))]);
  });

  it('is not in a profile without the sizes of its items, whose stages are drawn apart', () => {
    const { p95 } = predict(plan, profile(), { n: 1000, seed: 1 }).latencyMs!;
    expect(p95).toBeCloseTo(MS(1) + MS(100));
  });
});

describe('sizes of items', () => {
  it('are those of the items that follow from the chosen variants', () => {
    const ofSmall = { stage: 'b', upstream: { a: 'small' }, counts: [2, 0, 1], sizes: [4, 5, 6] };
    const ofLarge = { ...ofSmall, upstream: { a: 'large' }, sizes: [7, 8, 9] };
    const first = { stage: 'a', upstream: {}, counts: [1, 1, 1], sizes: [10, 20, 30] };
    const { sizes } = packItemCounts({ fanOut: [first, ofSmall, ofLarge] }, [
      { name: 'a', variant: 'large' },
      { name: 'b', variant: 'v' },
    ]);
    expect([0, 1, 2].map((packItem) => sizes!(packItem, 0, 0))).toEqual([10, 20, 30]);
    expect([0, 1].map((position) => sizes!(0, 1, position))).toEqual([7, 8]);
    expect(sizes!(2, 1, 0)).toBe(9);
  });

  it('reach the batch in which the items run, also those of later children and of a heavy variant', () => {
    const seen: [row: number, size: number | undefined][] = [];
    const rows = { serviceMs: () => 1, batch: 2, maxWaitMs: 0 };
    simulate({
      policy: {
        slaMs: 1000,
        shedding: 'never',
        stages: [
          { name: 'a', ...rows, heavy: { name: 'a+', ...rows, share: 1 } },
          { name: 'b', ...rows },
        ],
      },
      workers: [{ id: 'w', rows: [0, 1, 2] }],
      arrivalsMs: [0],
      packItems: [0],
      counts: (_, at) => (at === 0 ? 1 : 3),
      sizes: (_, at, position) => (at === 0 ? 50 : 1 + position),
      escalates: (_, at) => at === 0,
      service: {
        sampleMs: (row, _items, _random, { size }) => {
          seen.push([row, size]);
          return 1;
        },
      },
      seed: 1,
    });
    expect(seen).toEqual([
      [0, 50],
      [2, 50],
      [1, 1 + 2],
      [1, 3],
    ]);
  });
});
