import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macroF1 } from '../../models/tasks/macro-f1.ts';

describe('macro F1', () => {
  it('is the mean of the classes’ F1', () => {
    // Class 0: 2 right of 3 predicted and 2 true, so 0.8; classes 1 and 2: none right.
    expect(macroF1([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2])).toBeCloseTo(0.8 / 3, 12);
  });

  it('is 1 where all is right, and leaves out classes that never occur', () => {
    expect(macroF1([7, 3, 3], [7, 3, 3])).toBe(1);
  });

  it('equals its definition by precision and recall', () => {
    const pairs = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pairs, (all) => {
        const labels = [...new Set(all.flat())];
        const ofClass = (label: number) => {
          const right = all.filter(([a, b]) => a === label && b === label).length;
          if (right === 0) return 0;
          const precision = right / all.filter(([a]) => a === label).length;
          const recall = right / all.filter(([, b]) => b === label).length;
          return (2 * precision * recall) / (precision + recall);
        };
        const mean = labels.reduce((sum, label) => sum + ofClass(label), 0) / labels.length;
        const [predicted, truths] = [all.map(([a]) => a), all.map(([, b]) => b)];
        expect(macroF1(predicted, truths)).toBeCloseTo(mean, 12);
      }),
    );
  });
});
