import { describe, expect, it } from 'vitest';
import { UnknownRowError } from '../../../solver/dispatch/errors.ts';
import { policyOf, workersOf } from '../../../solver/dispatch/plan.ts';

const serviceOf = (...points: [items: number, meanMs: number][]) => {
  const serviceMs = points.map(([items, meanMs]) => ({ items, meanMs }));
  const { stages } = policyOf({
    slaMs: 100,
    shedding: 'late',
    stages: [{ name: 'a', batch: 4, maxWaitMs: 5, serviceMs }],
  });
  return (items: number) => stages[0]!.serviceMs(items);
};

describe('expected time of a batch', () => {
  it('is linear between the sizes of the plan', () => {
    const serviceMs = serviceOf([1, 10], [2, 12], [4, 20]);
    expect([1, 2, 3, 4].map(serviceMs)).toEqual([10, 12, 16, 20]);
    const falling = serviceOf([1, 10], [2, 40], [4, 20], [8, 30]);
    expect([1, 2, 3, 4, 6, 8].map(falling)).toEqual([10, 40, 30, 20, 25, 30]);
  });

  it('is that of the smallest size below it', () => {
    expect(serviceOf([2, 12], [4, 20])(1)).toBe(12);
  });

  it('goes on above the largest size, but never falls', () => {
    expect(serviceOf([2, 12], [4, 20])(6)).toBe(28);
    expect(serviceOf([2, 20], [4, 12])(6)).toBe(12);
  });

  it('is in proportion to the only size above it', () => {
    expect(serviceOf([2, 12])(4)).toBe(24);
  });
});

describe('workers of a plan', () => {
  it('hold rows by index', () => {
    const plan = { stages: [{ name: 'a' }, { name: 'b' }], workers: [{ id: 'w', stages: ['b', 'a'] }] };
    expect(workersOf(plan)).toEqual([{ id: 'w', rows: [1, 0] }]);
  });

  it('hold no row that the plan does not have', () => {
    const plan = { stages: [{ name: 'a' }], workers: [{ id: 'w', stages: ['b'] }] };
    expect(() => workersOf(plan)).toThrow(UnknownRowError);
  });
});
