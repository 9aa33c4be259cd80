import { expect, it } from 'vitest';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { keepsSla, type Plan, parsePlan } from '../../../solver/documents/plan.ts';
import { planOnce } from '../../../workers/planner/once.ts';
import { pipeline } from '../pipelines.ts';

const plan = await planOnce(
  pipeline({
    stages: { detect: { s: { accuracy: 0.8, ms: 20 } }, classify: { s: { accuracy: 0.9, ms: 10 } } },
    batches: [1, 2, 4],
  }),
  { slaMs: 500, ratePerS: 40 },
);

const withStage = (change: Partial<Plan['stages'][number]>): Plan => ({
  ...plan,
  stages: plan.stages.map((stage, s) => (s === 0 ? { ...stage, ...change } : stage)),
});
const withWorker = (change: Partial<Plan['workers'][number]>): Plan => ({
  ...plan,
  workers: plan.workers.map((worker, w) => (w === 0 ? { ...worker, ...change } : worker)),
});

it('reads what the planner makes', () => {
  expect(parsePlan(JSON.parse(JSON.stringify(plan)), 'made')).toEqual(plan);
});

it.each([50, 56.6, 94.9, 95, 99, 99.4, 99.9])(
  'exactly %d of 100 requests in time are enough for that percentile',
  (percentile) => {
    const attaining = (slaAttainment: number): Plan => ({
      ...plan,
      percentile,
      predicted: { ...plan.predicted, slaAttainment },
    });
    const inTime = Math.round(10 * percentile);
    expect(keepsSla(attaining(inTime / 1000))).toBe(true);
    expect(keepsSla(attaining((inTime - 1) / 1000))).toBe(false);
  },
);

it.each([
  ['a wait that no timer can keep', withStage({ maxWaitMs: 1e300 }), /stages\[0\]\.maxWaitMs/],
  ['replicas without end', withStage({ replicas: 1e9 }), /stages\[0\]\.replicas/],
  [
    'sizes of batches that fall',
    withStage({ serviceMs: [2, 1].map((items) => ({ items, meanMs: items })) }),
    /stages\[0\]\.serviceMs: expected numbers of items that rise/,
  ],
  [
    'two workers with one id',
    withWorker({ id: plan.workers.at(-1)!.id }),
    /workers\[\d\]\.id: expected worker ids/,
  ],
  [
    'a worker on another backend than its stage',
    withWorker({ backend: 'webgpu' }),
    /workers\[0\]\.backend: expected cpu, as stage detect has it/,
  ],
  ['a worker for a stage that is not there', withWorker({ stages: ['detect', 'x'] }), /workers\[0\]\.stages/],
])('refuses %s', (_, document, problem) => {
  const read = () => parsePlan(document, 'given');
  expect(read).toThrow(InvalidDocumentError);
  expect(read).toThrow(problem);
});
