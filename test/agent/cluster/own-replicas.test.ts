import { expect, test } from 'vitest';
import { replicaPlan, withOwnReplicas } from '../../../agent/cluster/replica-plan.ts';
import { type Plan, parsePlan } from '../../../solver/documents/plan.ts';
import { clusterPlan, sharedPlan } from '../kubernetes/objects/plans.ts';

/**
 * A plan with two workers that each hold both stages: `detect` needs 1.2 times the time of one worker, `classify` a tenth of it.
 */
function twoShared(cores: number): Plan {
  const plan = sharedPlan();
  const stages = plan.stages.map((stage, s) => ({
    ...stage,
    replicas: 2,
    threads: 2,
    batch: 2,
    itemsPerS: s === 0 ? 240 : 20,
    serviceMs: [{ items: 2, meanMs: 10 }],
  }));
  const workers = ['cpu-0', 'cpu-1'].map((id) => ({ ...plan.workers[0]!, id, threads: 2 }));
  return { ...plan, stages, workers, resources: { ...plan.resources, cores, utilisationMax: 0.8 } };
}

test('each stage of shared workers gets as many replicas of its own as it needs', () => {
  const own = withOwnReplicas(twoShared(6));
  expect(own.workers.map(({ stages }) => stages)).toEqual([['detect'], ['detect'], ['classify']]);
  expect(own.stages.map(({ replicas, cost }) => [replicas, cost])).toEqual([
    [2, 4],
    [1, 2],
  ]);
  expect(own.predicted.cost).toBe(6);
  expect(() => parsePlan(own, 'the plan with replicas of each stage')).not.toThrow();
});

test('both variants of a cascade share the replicas of their stage, and its cost', () => {
  const plan = twoShared(8);
  const [detect, classify] = [plan.stages[0]!, plan.stages[1]!];
  const escalation = { from: 'classify', below: 0.5, share: 0.2, accuracy: 0.9 };
  const own = withOwnReplicas({
    ...plan,
    stages: [detect, classify, { ...classify, name: 'classify-heavy', escalation, itemsPerS: 240 }],
    workers: plan.workers.map((worker) => ({ ...worker, stages: [...worker.stages, 'classify-heavy'] })),
  });
  expect(own.workers.map(({ stages }) => stages.join())).toEqual([
    ...Array(2).fill('detect'),
    ...Array(2).fill('classify,classify-heavy'),
  ]);
  expect(own.stages.map(({ cost }) => cost)).toEqual([4, 2, 2]);
  expect(own.predicted.cost).toBe(8);
});

test('workers stay shared where the cores do not suffice for replicas of each stage', () => {
  const plan = twoShared(4);
  expect(withOwnReplicas(plan)).toBe(plan);
});

test('a plan stays where stages have workers of their own, or one is on a GPU', () => {
  const own = withOwnReplicas(twoShared(6));
  const stages = own.stages.map((stage) => ({ ...stage, itemsPerS: 1 }));
  const { stages: shared, ...rest } = twoShared(6);
  const onGpu = shared.map((stage, s) => (s === 0 ? { ...stage, backend: 'cuda' as const } : stage));
  for (const plan of [
    { ...own, stages },
    { ...rest, stages: onGpu },
  ])
    expect(withOwnReplicas(plan)).toBe(plan);
});

test('the replicas that serve are the workers of a plan in the order of its stages, and a stage without one waits for it', () => {
  const plan = clusterPlan();
  const run = (...groups: [string[], number][]) => {
    const { stages, workers } = replicaPlan(
      plan,
      groups.map(([stages, replicas]) => ({ stages, replicas })),
    );
    return [stages.map(({ replicas }) => replicas), workers.map((worker) => worker.stages.join())];
  };
  expect(run([['classify'], 2], [['detect'], 0], [['detect', 'detect-heavy'], 3])).toEqual([
    [1, 2],
    ['detect', 'classify', 'classify'],
  ]);
  expect(run([['classify', 'detect'], 1], [['detect'], 1])).toEqual([
    [2, 1],
    ['detect', 'detect,classify'],
  ]);
});
