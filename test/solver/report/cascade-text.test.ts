import { expect, test } from 'vitest';
import {
  cascadeSentences,
  planVariants,
  pointBatches,
  pointVariants,
} from '../../../solver/report/cascade-text.ts';

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

test('a sentence tells of each cascade; a plan without one has none', () => {
  expect(cascadeSentences(rows)).toEqual([
    'In classify, cnn8 answers first. Where its confidence is under 0.62, res32 answers instead: 7 of 100 items go on to res32.',
  ]);
  expect(cascadeSentences(rows.slice(0, 2))).toEqual([]);
});

test('a share under one of 100 is told of 1000', () => {
  const rare = rows.map((row) =>
    row.escalation ? { ...row, escalation: { ...row.escalation, share: 0.004 } } : row,
  );
  expect(planVariants(rare).classify).toBe('cnn8, 4 of 1000 on to res32');
});
