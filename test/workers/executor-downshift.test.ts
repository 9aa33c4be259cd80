import { expect, test } from 'vitest';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { Executor } from '../../workers/executor/executor.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';
import { models, outcomes, start, submit } from './executors.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';

/**
 * The plans expect a batch to take this long, so the planned variant's second batch would miss an SLA of a minute, but no batch of
 * the lighter variant would.
 */
const PLANNED_MS = 45_000;
const LIGHTER_MS = 0.01;

const burst = (executor: Executor) => Promise.all(Array.from({ length: 40 }, (_, i) => submit(executor, i)));

/** Runs a plan under a burst. @returns `found`, the classes of all objects in the scenes, and how the plan found them */
async function classes(hand: Omit<HandPlan, 'backend'>) {
  const { executor, batches, settled } = await start({ batch: 16, ...hand });
  const answers = await burst(executor);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 40 });
  const found = answers.flatMap(({ answer }) => resultsByStage(answer, 2)[1] ?? []);
  /** Counts the items in the batches for which `passes` returns true. */
  const itemsOf = (passes: (batch: BatchRecord) => boolean) =>
    batches.filter(passes).reduce((sum, { items }) => sum + items, 0);
  return { batches, settled, found, itemsOf };
}

const countEqual = (a: readonly unknown[], b: readonly unknown[]): number =>
  a.filter((one, i) => JSON.stringify(one) === JSON.stringify(b[i])).length;

const light = await classes({ workers: [['detect', 'classify']], variants: ['det4', 'mlp64'] });

test('in a burst the standby runs the batches, and the answers are those of the standby', async () => {
  const { batches, found, itemsOf } = await classes({
    ...{ workers: [['detect', 'classify']], variants: ['det4', 'res32'] },
    ...{ batchMs: PLANNED_MS, shedding: 'late', downshift: { standby: 'mlp64', ms: LIGHTER_MS } },
  });
  for (const { standby, variant, stage, items } of batches)
    if (stage === 'classify') {
      expect(variant).toBe(standby ? 'mlp64' : 'res32');
      if (items > 1) expect(standby).toBe('res32');
    }
  expect(itemsOf(({ standby }) => standby === 'res32')).toBeGreaterThan(0);
  expect(countEqual(found, light.found)).toBe(itemsOf(({ standby }) => standby === 'res32'));
});

test('in a burst the answers of a light variant stand, and each request completes with them', async () => {
  const { settled, found, itemsOf } = await classes({
    ...{ workers: [['detect', 'classify', 'classify-heavy']], variants: ['det4', 'mlp64'] },
    ...{ batchMs: PLANNED_MS, shedding: 'late', downshift: { ms: LIGHTER_MS } },
    cascade: { heavy: 'res32', below: 1 },
  });
  expect(settled.length).toBeGreaterThan(0);
  expect(new Set(settled)).toEqual(new Set(['classify']));
  const heavy = itemsOf(({ stage }) => stage === 'classify-heavy');
  expect(settled.length + heavy).toBeLessThanOrEqual(found.length);
  expect(countEqual(found, light.found)).toBe(found.length - heavy);
});

test('a worker holds its standby through a plan that does not use it, and runs batches with it under the next plan', async () => {
  const hand: HandPlan = {
    backend: 'cpu',
    workers: [['detect', 'classify']],
    variants: ['det4', 'res32'],
    batch: 16,
    batchMs: PLANNED_MS,
    shedding: 'late',
  };
  const downshift = { standby: 'mlp64', ms: LIGHTER_MS };
  const { executor, batches } = await start({ ...hand, downshift });
  await submit(executor, 0);
  await executor.switchTo(handPlan(models, hand));
  await executor.switchTo(handPlan(models, { ...hand, downshift }));
  await burst(executor);
  executor.close();
  expect(batches.some(({ standby }) => standby === 'res32')).toBe(true);
  expect(new Set(batches.map(({ worker }) => worker)).size).toBe(1);
});
