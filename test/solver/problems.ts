import fc from 'fast-check';
import { expect } from 'vitest';
import type { AccuracyMethod } from '../../solver/documents/plan.ts';
import { type Problem, parseProblem } from '../../solver/documents/problem.ts';

/** Draws whole numbers, with which many values are equal and limits are met exactly, or thousandths. */
const amount = (least: number, most: number) =>
  fc.oneof(
    fc.integer({ min: least, max: most }),
    fc.integer({ min: 1000 * least + 1, max: 1000 * most }).map((x) => x / 1000),
  );
const share = fc.oneof(
  fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
  fc.integer({ min: 300, max: 1000 }).map((x) => x / 1000),
);

const option = fc.record({
  latencyMs: amount(0, 9),
  accuracy: share,
  cost: amount(0, 9),
  batch: fc.constantFrom(1, 2, 4),
  gpuShare: share,
  cores: fc.integer({ min: 0, max: 4 }),
  busyCores: amount(0, 3),
  threadShare: amount(0, 1),
  memoryBytes: fc.integer({ min: 0, max: 5 }),
  switchCost: fc.constantFrom(0, 0.01),
});

/** A problem of up to 3 stages with up to 6 options, with any of the limits. */
export const anyProblem = (accuracy: AccuracyMethod): fc.Arbitrary<Problem> =>
  fc
    .record(
      {
        slaMs: amount(3, 30),
        objective: fc.record({
          alpha: fc.double({ min: 0.1, max: 10, noNaN: true }),
          beta: fc.double({ min: 0, max: 1, noNaN: true }),
          delta: fc.constantFrom(0, 0.001),
          accuracy: fc.constant(accuracy),
        }),
        gpuShareMax: fc.constantFrom(0.8, 1, 2),
        coresMax: fc.integer({ min: 2, max: 9 }),
        busyCoresMax: amount(2, 8),
        threadShareMax: amount(1, 3),
        memoryBytesMax: fc.integer({ min: 3, max: 12 }),
        stages: fc.array(fc.array(option, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ['slaMs', 'objective', 'stages'] },
    )
    .map(({ stages, ...rest }) =>
      parseProblem(
        {
          ...rest,
          stages: stages.map((options, s) => ({
            name: `stage-${s}`,
            options: options.map((o, i) => ({ ...o, id: `o${i}` })),
          })),
        },
        'property',
      ),
    );

/** Expects agreement to 1e-9, relatively or, near 0, absolutely. */
export const equalTo = (found: number, expected: number, what: string): void =>
  expect(Math.abs(found - expected), `${what}: ${found}, expected ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(expected)),
  );
