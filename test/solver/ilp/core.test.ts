import { describe, expect, it } from 'vitest';
import { ranks, reduce, toCore } from '../../../solver/ilp/core.ts';
import { instance } from '../instances.ts';
import { bruteForce } from './brute-force.ts';
import { small } from './small-problems.ts';

describe('dominance', () => {
  it('never changes the optimum, and drops most of a large stage', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const given = small(seed);
      const kept = reduce(toCore(given)).stages;
      const pruned = {
        ...given,
        stages: given.stages.map((s, i) => ({ ...s, options: kept[i]!.map((o) => s.options[o.index]!) })),
      };
      // A rank counts all options, so removing some changes it. Only methods without ranks can be compared.
      if (given.objective.accuracy.startsWith('rank')) continue;
      expect(bruteForce(pruned), `seed ${seed}`).toBe(bruteForce(given));
    }
    const large = instance(1, {
      kind: 'pipeline',
      stages: 10,
      variants: 10,
      batches: 8,
      accuracy: 'product',
      capacities: true,
      slaAt: 0.3,
      capacityAt: 0.4,
    });
    const left = reduce(toCore(large)).stages.reduce((sum, options) => sum + options.length, 0);
    expect(left).toBeLessThan(400);
  });
});

describe('ranks', () => {
  it('are k / (n − 1) over distinct accuracies, 1 where there is one', () => {
    expect(ranks([0.7, 0.5, 0.9, 0.5])).toEqual([0.5, 0, 1, 0]);
    expect(ranks([0.4, 0.4])).toEqual([1, 1]);
  });
});
