import { describe, expect, test } from 'vitest';
import {
  escalationSentences,
  planVariants,
  pointBatches,
  pointVariants,
  unknownEndToEnd,
  variantSentences,
} from '../../../solver/report/cascade-text.ts';
import { downshiftFactor, downshiftSentences } from '../../../solver/report/downshift.ts';

const rows = [
  { name: 'detect', variant: 'det8' },
  { name: 'classify', variant: 'cnn8' },
  {
    name: 'classify-heavy',
    variant: 'res32',
    escalation: { from: 'classify', below: 0.62, share: 0.072, accuracy: 0.85 },
  },
];
const point = {
  backends: ['cpu' as const],
  variants: { detect: 'det8', classify: 'cnn8' },
  batches: { detect: 1, classify: 8 },
  cascades: { classify: { variant: 'res32', batch: 4, below: 0.62, share: 0.072 } },
  accuracy: 0.85,
  cost: 3,
  boundMs: 20,
  weights: null,
};

test('a plan and its point of the frontier say the same of a cascade: how many of 100 items go on', () => {
  expect(planVariants(rows)).toEqual({ detect: 'det8', classify: 'cnn8, 7 of 100 on to res32' });
  expect(pointVariants(point)).toEqual(planVariants(rows));
  expect([pointBatches(point, 'detect'), pointBatches(point, 'classify')]).toEqual(['1', '8 + 4']);
});

test('a sentence tells of each standby', () => {
  expect(variantSentences([{ ...rows[0]!, standby: { variant: 'det4' } }])).toEqual([
    'In detect, det4 stands by: when requests come in a burst, it answers those that det8 would answer too late.',
  ]);
});

test('a sentence tells of each cascade; a plan without one has none', () => {
  expect(variantSentences(rows)).toEqual([
    'In classify, cnn8 answers first. Where its confidence is under 0.62, res32 answers instead: 7 of 100 items go on to res32. The accuracy of both together is 85.0 %.',
  ]);
  expect(variantSentences(rows.slice(0, 2))).toEqual([]);
});

test.each([
  [0.86431, '0.86'],
  [0.99973, '0.9997'],
  [0.00042, '0.0004'],
  [1, '1.00000'],
])('the confidence %d is written with as many digits as tell it from 0 and 1: %s', (below, written) => {
  const sure = rows.map((row) =>
    row.escalation ? { ...row, escalation: { ...row.escalation, below } } : row,
  );
  expect(variantSentences(sure)[0]).toContain(`confidence is under ${written}, `);
});

test('a plan whose accuracy end to end is not known says so where a cascade is the reason', () => {
  const read = { name: 'read', variant: 'tiny' };
  const unknown = (...stages: Parameters<typeof unknownEndToEnd>[0]['stages'][number][]) =>
    unknownEndToEnd({ stages, predicted: { endToEnd: null } });
  expect(unknown(...rows, read)).toEqual([
    "Accuracy, end to end: not known. Only some of a request's items in classify go on to the second variant, and the profile does not " +
      'tell which items of the next stage come from which of them.',
  ]);
  expect(unknown(...rows.slice(1), read)).toEqual([]);
  expect(unknown(...rows)).toEqual([]);
  expect(unknownEndToEnd({ stages: [...rows, read], predicted: { endToEnd: 0.8 } })).toEqual([]);
});

test.each([
  [0, '0 of 100'],
  [0.0001, '1 of 1000'],
  [0.99, '99 of 100'],
  [0.996, '996 of 1000'],
  [0.9999, '999 of 1000'],
  [1, '100 of 100'],
])('of items of which %d go on, neither none nor all are said to unless it is so', (share, told) => {
  const some = rows.map((row) =>
    row.escalation ? { ...row, escalation: { ...row.escalation, share } } : row,
  );
  expect(planVariants(some).classify).toBe(`cnn8, ${told} on to res32`);
});

test('a share under one of 100 is told of 1000', () => {
  const rare = rows.map((row) =>
    row.escalation ? { ...row, escalation: { ...row.escalation, share: 0.004 } } : row,
  );
  expect(planVariants(rare).classify).toBe('cnn8, 4 of 1000 on to res32');
});

test('a run tells how many items went on, why, and what accuracy came of it, beside what was predicted', () => {
  const cascade = {
    ...{ stage: 'classify', light: 'cnn8', heavy: 'res32', below: 0.62 },
    ...{ items: 400, escalated: 32, predictedShare: 0.072 },
  };
  const run = (measured: number | null, predicted: number | null) =>
    ({
      cascades: [cascade, { ...cascade, heavy: 'res16', items: 0, escalated: 0 }],
      result: { accuracy: { endToEnd: measured, metric: 'F1@0.5', pas: 0.8, n: 90 } },
      predicted: { endToEnd: predicted },
      plans: [{ atMs: 0 }],
    }) as unknown as Parameters<typeof escalationSentences>[0];
  const went =
    'In classify, res32 answered 32 of the 400 items that cnn8 answered first, because the confidence of cnn8 was under 0.62: ' +
    '8 of 100 went on, predicted 7 of 100.';
  expect(escalationSentences(run(0.841, 0.8493))).toEqual([
    went,
    'Accuracy, end to end (F1@0.5): measured 84.1 %, predicted 84.9 %.',
  ]);
  expect(escalationSentences(run(null, 0.8493))).toEqual([went]);
  const { cascades: _, ...older } = run(0.8, 0.8);
  expect(escalationSentences(older)).toEqual([]);
});

test('a run tells what lighter variants took over in a burst, and what that costs in accuracy', () => {
  const run = {
    cascades: [
      {
        ...{ stage: 'classify', light: 'cnn8', heavy: 'res32', below: 0.62, items: 400, escalated: 80 },
        ...{ predictedShare: 0.2, settled: 40, expected: { accuracy: 0.9, lightAccuracy: 0.8 } },
      },
    ],
    standbys: [
      {
        ...{ stage: 'detect', variant: 'det16', accuracy: 0.96, standby: 'det4', standbyAccuracy: 0.86 },
        ...{ items: 400, downshifted: 100 },
      },
    ],
    result: { accuracy: { endToEnd: 0.7, metric: 'F1@0.5', pas: 0.8, n: 90 } },
    predicted: { endToEnd: 0.8 },
    plans: [{ atMs: 0 }],
  } as unknown as Parameters<typeof escalationSentences>[0];
  // Half of the items that were to go on to the heavy variant did not, so half of the ten points that it adds are lost.
  expect(downshiftFactor(run)).toBeCloseTo((0.85 / 0.9) * (0.935 / 0.96));
  expect(escalationSentences(run)).toEqual([
    'In classify, res32 answered 40 of the 400 items that cnn8 answered first, because the confidence of cnn8 was under 0.62: 10 of 100 went on, predicted 20 of 100.',
    'In a burst, det4 answered 100 of the 400 items of detect instead of det16. The accuracy of the stage is predicted as 93.5 % instead of 96.0 %.',
    'In a burst, the answer of cnn8 stood for 40 of the 80 items of classify that were to go on to res32. The accuracy of the stage is predicted as 85.0 % instead of 90.0 %.',
    'Accuracy, end to end (F1@0.5): measured 70.0 %, predicted 80.0 %; with as many answers of lighter variants as in this run, 73.6 % was to be expected.',
  ]);
});

const standby = { stage: 'a', variant: 'x', accuracy: 0.9, standby: 'y', standbyAccuracy: 0.5 };
const cascade = {
  ...{ stage: 'a', light: 'y', heavy: 'x', below: 0.6, items: 100, escalated: 40, settled: 40 },
  ...{ predictedShare: 0.1, expected: { accuracy: 0.9, lightAccuracy: 0.8 } },
};

test('a loss of accuracy that its digits do not show is not told', () => {
  expect(downshiftSentences({ standbys: [{ ...standby, items: 5944, downshifted: 1 }] })).toEqual([
    'In a burst, y answered 1 of the 5,944 items of a instead of x.',
  ]);
});

test('a run without a burst has the accuracy that its plan predicts', () => {
  expect(downshiftFactor({})).toBe(1);
  expect(downshiftFactor({ standbys: [{ ...standby, items: 0, downshifted: 0 }] })).toBe(1);
});

test('what the plans of a run did in a stage counts by its items', () => {
  const standbys = [
    { ...standby, variant: 'z', items: 9900, downshifted: 0 },
    { ...standby, items: 100, downshifted: 50 },
  ];
  expect(downshiftFactor({ standbys })).toBeCloseTo((9900 * 0.9 + 100 * 0.7) / (10_000 * 0.9), 9);
});

test('a cascade is as accurate as its light variant at least, however many more items were to go on than predicted', () => {
  expect(downshiftFactor({ cascades: [cascade] })).toBeCloseTo(0.8 / 0.9, 9);
});

test('what had no items changes no accuracy', () => {
  const none = { items: 0, escalated: 0 };
  expect(downshiftFactor({ cascades: [{ ...cascade, ...none }] })).toBe(1);
});

test('two standbys of one variant count the items that the variant answered once', () => {
  const big = { stage: 'classify', variant: 'big', accuracy: 0.9, items: 200, downshifted: 100 };
  const standbys = [
    { ...big, standby: 'small', standbyAccuracy: 0.5 },
    { ...big, standby: 'mid', standbyAccuracy: 0.8 },
  ];
  expect(downshiftFactor({ standbys })).toBeCloseTo((0.9 + 0.5 + 0.8) / 3 / 0.9, 9);
});

describe('a run whose plans change compares its accuracy', () => {
  const run = (second: number | null) =>
    ({
      cascades: [
        {
          ...{ stage: 'classify', light: 'cnn8', heavy: 'res32', below: 0.62 },
          ...{ items: 400, escalated: 32, predictedShare: 0.072 },
        },
      ],
      result: { accuracy: { endToEnd: 0.74, metric: 'F1@0.5', pas: 0.8, n: 4 } },
      predicted: { endToEnd: 0.85 },
      plans: [
        { atMs: 0, plan: { predicted: { endToEnd: 0.85 } } },
        { atMs: 1000, plan: { predicted: { endToEnd: second } } },
      ],
      requests: [
        { arrivalMs: 500, outcome: 'completed' },
        { arrivalMs: 900, outcome: 'shed' },
        ...[1000, 1500, 2000].map((arrivalMs) => ({ arrivalMs, outcome: 'completed' })),
      ],
    }) as unknown as Parameters<typeof escalationSentences>[0];

  test('with the mean of what its plans predict, over the requests that completed', () => {
    expect(escalationSentences(run(0.73)).at(-1)).toBe(
      'Accuracy, end to end (F1@0.5): measured 74.0 %, predicted 76.0 %, the mean of its plans.',
    );
  });

  test('with nothing if the accuracy of one of its plans is not known', () => {
    expect(escalationSentences(run(null))).toHaveLength(1);
  });
});
