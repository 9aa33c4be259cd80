import { expect, test } from 'vitest';
import { withOwnReplicas } from '../../../agent/cluster/replica-plan.ts';
import { type Plan, parsePlan } from '../../../solver/documents/plan.ts';
import { sharedPlan } from '../kubernetes/objects/plans.ts';

/**
 * A plan with two workers that each hold both stages: `detect` needs 1.2 times the time of one worker, `classify` a tenth of it.
 */
function twoShared(cores: number): Plan {
  const plan = sharedPlan();
  const stages = plan.stages.map((stage, s) => ({
    ...stage,
    replicas: 2,
    batch: 1,
    itemsPerS: s === 0 ? 120 : 10,
    serviceMs: [{ items: 1, meanMs: 10 }],
  }));
  const workers = ['cpu-0', 'cpu-1'].map((id) => ({ ...plan.workers[0]!, id }));
  return { ...plan, stages, workers, resources: { ...plan.resources, cores, utilisationMax: 0.8 } };
}

test('each stage of shared workers gets as many replicas of its own as it needs', () => {
  const own = withOwnReplicas(twoShared(3));
  expect(own.workers.map(({ stages }) => stages)).toEqual([['detect'], ['detect'], ['classify']]);
  expect(own.stages.map(({ replicas, cost }) => [replicas, cost])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect(own.predicted.cost).toBe(3);
  expect(() => parsePlan(own, 'the plan with replicas of each stage')).not.toThrow();
});

test('workers stay shared where the cores do not suffice for replicas of each stage', () => {
  const plan = twoShared(2);
  expect(withOwnReplicas(plan)).toBe(plan);
});
