import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replicaPlan } from '../../../agent/cluster/replica-plan.ts';
import { StableReplicas } from '../../../agent/cluster/watch/stable-replicas.ts';
import type { Backend } from '../../../solver/documents/common.ts';
import { type Plan, planSchema } from '../../../solver/documents/plan.ts';
import { clusterPlan, sharedPlan } from '../kubernetes/objects/plans.ts';

const WINDOW_MS = 100;
const wanting = (detect: number, classify: number, cores = 1000) => {
  const plan = clusterPlan();
  const replicas = [detect, classify];
  const stages = plan.stages.map((stage, s) => ({ ...stage, replicas: replicas[s]!, cost: replicas[s]! }));
  return { ...plan, stages, resources: { ...plan.resources, cores } };
};

test('each stage gets the most replicas that a decision of the window wanted', () => {
  const decision = fc.record({
    afterMs: fc.integer({ min: 0, max: 80 }),
    detect: fc.integer({ min: 1, max: 9 }),
    classify: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(decision, { minLength: 1, maxLength: 20 }), (decisions) => {
      const stable = new StableReplicas(WINDOW_MS);
      const past: { atMs: number; wanted: number[] }[] = [];
      let nowMs = 0;
      for (const { afterMs, detect, classify } of decisions) {
        nowMs += afterMs;
        past.push({ atMs: nowMs, wanted: [detect, classify] });
        const within = past.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
        const most = [0, 1].map((s) => Math.max(...within.map(({ wanted }) => wanted[s]!)));
        const settled = stable.settle(wanting(detect, classify), nowMs);
        expect(settled.stages.map(({ replicas }) => replicas)).toEqual(most);
        expect(settled.stages.map(({ cost }) => cost)).toEqual(most.map((n) => expect.closeTo(n)));
      }
    }),
  );
});

test('a plan with kept replicas is a valid document, and costs what its replicas cost', () => {
  const stable = new StableReplicas(WINDOW_MS);
  stable.settle(wanting(4, 4), 0);
  const settled = stable.settle(wanting(1, 2), 1);
  expect(planSchema.safeParse(settled).error).toBeUndefined();
  expect(settled.predicted.cost - clusterPlan().predicted.cost).toBeCloseTo(3 + 2);
});

test('replicas that would not fit the cores of the plan are not kept', () => {
  const stable = new StableReplicas(WINDOW_MS);
  stable.settle(wanting(1, 4, 10), 0);
  const now = wanting(4, 1, 10);
  expect(stable.settle(now, 1)).toBe(now);
});

test('replicas are kept stage by stage, as many as fit the cores of the plan', () => {
  const count = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(fc.tuple(count, count), fc.tuple(count, count), count, (before, now, more) => {
      // Each replica has two threads.
      const slots = now[0] + now[1] + more;
      const stable = new StableReplicas(WINDOW_MS);
      stable.settle(wanting(...before, 2 * slots), 0);
      const settled = stable.settle(wanting(...now, 2 * slots), 1);
      const [detect, classify] = settled.stages.map(({ replicas }) => replicas);
      const most = [0, 1].map((s) => Math.max(before[s]!, now[s]!));
      expect(detect).toBe(Math.min(most[0]!, slots - now[1]));
      expect(classify).toBe(Math.min(most[1]!, slots - detect!));
    }),
  );
});

test('replicas that hold several stages are kept, too', () => {
  const stable = new StableReplicas(WINDOW_MS);
  const shared = sharedPlan();
  const twice = replicaPlan(shared, [{ stages: ['detect', 'classify'], replicas: 2 }]);
  stable.settle(twice, 0);
  expect(stable.settle(shared, 1).workers).toEqual(twice.workers);
  expect(stable.settle(shared, WINDOW_MS)).toBe(shared);
});

test('a plan with kept replicas is a valid document where the names of the stages that they hold are long', () => {
  const long = (text: string) => text.replaceAll('"detect"', `"${'d'.repeat(64)}"`);
  const shared = JSON.parse(long(JSON.stringify(sharedPlan()))) as Plan;
  const stages = shared.workers[0]!.stages;
  const stable = new StableReplicas(WINDOW_MS);
  stable.settle(replicaPlan(shared, [{ stages, replicas: 2 }]), 0);
  const settled = stable.settle(shared, 1);
  expect(settled.workers).toHaveLength(2);
  expect(planSchema.safeParse(settled).error).toBeUndefined();
});

/** A plan with these backends, for a device with this number of GPUs. */
const onBackends = (plan: Plan, backends: readonly Backend[], gpus: number): Plan =>
  replicaPlan({
    ...plan,
    stages: plan.stages.map((stage, s) => ({ ...stage, backend: backends[s]! })),
    resources: { ...plan.resources, gpus },
  });

test('replicas that would not fit the GPUs of the plan are not kept', () => {
  const stable = new StableReplicas(WINDOW_MS);
  stable.settle(onBackends(wanting(2, 1), ['cuda', 'cuda'], 3), 0);
  const now = onBackends(wanting(1, 2), ['cuda', 'cuda'], 3);
  expect(stable.settle(now, 1)).toBe(now);
});

test('replicas on cores are kept where the pods of the plan hold more GPUs than the device, whose stages share one', () => {
  const stable = new StableReplicas(WINDOW_MS);
  const twoGpus = (classify: number) => onBackends(wanting(2, classify), ['cuda', 'cpu'], 1);
  stable.settle(twoGpus(4), 0);
  expect(stable.settle(twoGpus(1), 1).stages.map(({ replicas }) => replicas)).toEqual([2, 4]);
});

test('replicas with other resources count for nothing: the engine replaces them anyway', () => {
  const stable = new StableReplicas(WINDOW_MS);
  stable.settle(wanting(5, 5), 0);
  const plan = wanting(1, 1);
  const now = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, threads: stage.threads + 1 })) };
  expect(stable.settle(now, 1)).toBe(now);
});

test('stages that share a replica stay together, whatever replicas of their own earlier plans gave them', () => {
  const stable = new StableReplicas(WINDOW_MS);
  const shared = sharedPlan();
  const stages = shared.stages.map((stage) => ({ ...stage, replicas: 3 }));
  stable.settle({ ...clusterPlan(), stages }, 0);
  expect(stable.settle(shared, 1)).toBe(shared);
});
