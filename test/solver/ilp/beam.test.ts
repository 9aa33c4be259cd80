import fc from 'fast-check';
import { expect, it } from 'vitest';
import { beam } from '../../../solver/ilp/beam.ts';
import { type Core, withinLimits } from '../../../solver/ilp/core.ts';

interface Drawn {
  readonly gap: number;
  readonly use: readonly [number, number];
}

const small = fc.nat(6);
const region = fc.record({
  stages: fc.array(
    fc.array(fc.record({ gap: small, use: fc.tuple(small, small) }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 4 },
  ),
  limits: fc.tuple(fc.nat(20), fc.constantFrom(5, 10, Number.POSITIVE_INFINITY)),
});

const coreOf = (stages: readonly (readonly Drawn[])[], limits: readonly number[]): Core => ({
  stages: stages.map((options) =>
    options.map(({ use }, index) => ({ index, score: 1, log: 0, weight: 0, use })),
  ),
  limits,
  reward: 'sum',
  alpha: 1,
});

/** Searches with a beam of `width`; returns the choices' indices, the sum of each choice's gaps, and the core. */
function searched({ stages, limits }: { stages: Drawn[][]; limits: number[] }, width: number) {
  const core = coreOf(stages, limits);
  const gaps = stages.map((options) => Float64Array.from(options, ({ gap }) => gap));
  const found = beam(core, { stages: core.stages, low: 0, high: 0 }, { gaps }, width);
  const sums = found.map((choice) => choice.reduce((sum, { index }, s) => sum + gaps[s]![index]!, 0));
  return { core, found, sums };
}

it('a beam that is wide enough finds every choice within the limits, the smallest sum of gaps first', () => {
  fc.assert(
    fc.property(region, (drawn) => {
      const { core, found, sums } = searched(drawn, 256);
      const every = core.stages.reduce<Core['stages'][number][]>(
        (choices, options) => choices.flatMap((choice) => options.map((option) => [...choice, option])),
        [[]],
      );
      const text = (choice: Core['stages'][number]) => choice.map(({ index }) => index).join();
      const within = every.filter((choice) => withinLimits(core, choice));
      expect(found.map(text).sort()).toEqual(within.map(text).sort());
      expect(sums).toEqual([...sums].sort((a, b) => a - b));
    }),
  );
});

it('a narrow beam finds as many choices as it is wide, or fewer, all within the limits', () => {
  let narrower = 0;
  fc.assert(
    fc.property(region, fc.integer({ min: 1, max: 3 }), (drawn, width) => {
      const { core, found } = searched(drawn, width);
      expect(found.length).toBeLessThanOrEqual(width);
      for (const choice of found) expect(withinLimits(core, choice)).toBe(true);
      if (found.length < searched(drawn, 256).found.length) narrower++;
    }),
    {
      examples: [
        [
          {
            stages: [
              [
                { gap: 0, use: [0, 0] },
                { gap: 1, use: [0, 0] },
              ],
            ],
            limits: [1, 5],
          },
          1,
        ],
      ],
    },
  );
  expect(narrower).toBeGreaterThan(0);
});
