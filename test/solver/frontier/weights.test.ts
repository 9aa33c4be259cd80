import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chosenAmong } from '../../../solver/frontier/weights.ts';

const points = fc.array(
  fc.record({ cost: fc.integer({ min: 0, max: 20 }), accuracy: fc.integer({ min: 0, max: 100 }) }),
  { minLength: 1, maxLength: 12 },
);

test('with the β of a point, none is worth more; the β of all of them together are all there are', () => {
  fc.assert(
    fc.property(points, (all) => {
      const chosen = chosenAmong(all);
      const worth = (p: { cost: number; accuracy: number }, beta: number) => p.accuracy - beta * p.cost;
      for (const { point, weights } of chosen) {
        const { betaMin, betaMax } = weights;
        const beta = betaMax === null ? betaMin + 1 : (betaMin + betaMax) / 2;
        expect(worth(point, beta)).toBeCloseTo(Math.max(...all.map((p) => worth(p, beta))), 9);
      }
      expect(chosen.at(-1)!.weights.betaMin).toBe(0);
      expect(chosen[0]!.weights.betaMax).toBeNull();
      chosen.slice(1).forEach(({ weights }, i) => {
        expect(weights.betaMax).toBe(chosen[i]!.weights.betaMin);
      });
    }),
  );
});

test('two costs that differ by a rounding error are one, for which the more accurate point is chosen', () => {
  const [less, more] = [
    { cost: 1.9999999999999998, accuracy: 0.7 },
    { cost: 2, accuracy: 0.85 },
  ];
  expect(chosenAmong([less, more]).map(({ point }) => point)).toEqual([more]);
});
