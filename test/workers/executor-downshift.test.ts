import { expect, test } from 'vitest';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { Executor } from '../../workers/executor/executor.ts';
import { outcomes, start, submit } from './executors.ts';
import type { HandPlan } from './hand-plan.ts';

/** Expected times of a batch: with the planned variant two requests would miss an SLA of a minute, with the lighter one none. */
const PLANNED_MS = 40_000;
const LIGHTER_MS = 0.01;

const burst = (executor: Executor) => Promise.all(Array.from({ length: 40 }, (_, i) => submit(executor, i)));

/** The classes that a plan finds in the scenes of a burst. */
async function classes(hand: Omit<HandPlan, 'backend'>) {
  const { executor, batches, settled } = await start(hand);
  const answers = await burst(executor);
  executor.close();
  expect(outcomes(answers)).toEqual({ completed: 40 });
  return { batches, settled, found: answers.map(({ answer }) => resultsByStage(answer, 2)[1]) };
}

test('in a burst the standby runs the batches, and the answers are those of the standby', async () => {
  const workers = [['detect', 'classify']];
  const { batches, found } = await classes({
    ...{ workers, variants: ['det4', 'res32'], batchMs: PLANNED_MS, shedding: 'late' },
    downshift: { standby: 'mlp64', ms: LIGHTER_MS },
  });
  const ofStage = batches.filter(({ stage }) => stage === 'classify');
  expect(ofStage.length).toBeGreaterThan(0);
  expect(ofStage.filter(({ standby }) => !standby).map(({ variant }) => variant)).not.toContain('mlp64');
  expect(new Set(ofStage.flatMap(({ standby, variant }) => (standby ? [variant] : [])))).toEqual(
    new Set(['mlp64']),
  );
  const light = await classes({ workers, variants: ['det4', 'mlp64'] });
  const heavy = await classes({ workers, variants: ['det4', 'res32'] });
  const own = found.filter((labels, i) => JSON.stringify(labels) === JSON.stringify(light.found[i]));
  expect(JSON.stringify(light.found)).not.toBe(JSON.stringify(heavy.found));
  expect(own.length).toBeGreaterThan(30);
});

test('in a burst the answers of a light variant stand, and each request completes with them', async () => {
  const cascade = { heavy: 'res32', below: 1 };
  const workers = [['detect', 'classify', 'classify-heavy']];
  const { settled, found } = await classes({
    ...{ workers, variants: ['det4', 'mlp64'], batchMs: PLANNED_MS, shedding: 'late' },
    ...{ cascade, downshift: { ms: LIGHTER_MS } },
  });
  expect(settled.length).toBeGreaterThan(0);
  expect(new Set(settled)).toEqual(new Set(['classify']));
  const light = await classes({ workers: [['detect', 'classify']], variants: ['det4', 'mlp64'] });
  const own = found.filter((labels, i) => JSON.stringify(labels) === JSON.stringify(light.found[i]));
  expect(own.length).toBeGreaterThan(30); // The last of the burst have time for the heavy variant.
});
