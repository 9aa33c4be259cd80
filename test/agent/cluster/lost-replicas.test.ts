import { getEventListeners } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { replicaPlan } from '../../../agent/cluster/replica-plan.ts';
import { until } from '../../until.ts';
import { sharedPlan } from '../kubernetes/objects/plans.ts';
import { heavier, labelsOf, patient, startEngine, startGateway } from './gateways.ts';

test('a replica that crashes loses no request, before the engine sees it and afterwards', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { infer, service, events } = await startGateway(engine);
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(2));
  const running = infer(30);
  await engine.crash('classify');
  expect(labelsOf(await running)).toHaveLength(30);
  engine.see();
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(1));
  expect(labelsOf(await infer(10))).toHaveLength(10);
  expect(events.join('\n')).toContain('was lost');
});

test('replicas that hold both stages serve the pipeline, and one takes the place of another that crashes', async () => {
  const both = ['detect', 'classify'];
  const engine = startEngine();
  await engine.apply(replicaPlan({ ...sharedPlan(), slaMs: 1e6 }, [{ stages: both, replicas: 2 }]));
  const { infer, service } = await startGateway(engine);
  const workers = () => service.plan.workers.map(({ stages }) => stages);
  await until(() => expect(workers()).toEqual([both, both]));
  const running = infer(30);
  await engine.crash('detect');
  expect(labelsOf(await running)).toHaveLength(30);
  engine.see();
  await until(() => expect(workers()).toEqual([both]));
  expect(labelsOf(await infer(5))).toEqual([[3], [3], [3], [3], [3]]);
});

test('a replica that crashed unseen holds up neither a plan with more replicas nor the start of a gateway', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const gateways = [await startGateway(engine)];
  await until(() => expect(gateways[0]!.service.plan.stages[1]!.replicas).toBe(2));
  await engine.crash('classify');
  // The gateway notices that the replica has ended only when it sends a batch there.
  expect(labelsOf(await gateways[0]!.infer(30))).toHaveLength(30);
  const stages = patient.stages.map((stage) => ({ ...stage, replicas: stage.name === 'classify' ? 3 : 1 }));
  await engine.apply({
    ...patient,
    stages,
    workers: [...patient.workers, { ...patient.workers.at(-1)!, id: 'third' }],
  });
  expect(engine.endpoints.filter(({ stage }) => stage === 'classify')).toHaveLength(4);
  gateways.push(await startGateway(engine));
  for (const { service, infer } of gateways) {
    await until(() => expect(service.plan.stages.map(({ replicas }) => replicas)).toEqual([1, 3]));
    expect(labelsOf(await infer(10))).toHaveLength(10);
  }
});

test('a replica that answers again serves again', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { service, infer } = await startGateway(engine);
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(2));
  const answerAgain = await engine.mute('classify');
  expect(labelsOf(await infer(30))).toHaveLength(30);
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(1));
  await answerAgain();
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(2));
  expect(labelsOf(await infer(10))).toHaveLength(10);
});

test('while the only replica of a stage does not answer, a gateway pauses before it tries a new plan again', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { service, events } = await startGateway(engine, undefined, { firstMs: 1e8, pauseMsMax: 1e8 });
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(2));
  const answerAgain = await engine.mute('detect');
  await engine.apply(heavier);
  const tries = () => events.filter((what) => what.includes('the plan that serves stays')).length;
  await until(() => expect(tries()).toBeGreaterThan(0));
  const { url } = engine.endpoints.find(({ stage }) => stage === 'classify')!;
  for (let i = 0; i < 50; i++) await (await fetch(`${url}/v2/health/ready`)).text();
  // The first try finds that the replica is silent, which is a reason to try once more at once.
  expect(tries()).toBeLessThanOrEqual(2);
  await answerAgain();
  engine.see();
  await until(() => expect(service.plan.stages[0]!.variant).toBe('det16'));
});

test('changes while a replica is silent leave no timers behind', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const followed = vi.spyOn(engine, 'followEndpoints');
  const { service, infer } = await startGateway(engine, undefined, { firstMs: 1e8, pauseMsMax: 1e8 });
  const { signal } = followed.mock.lastCall![0];
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(2));
  await engine.mute('classify');
  expect(labelsOf(await infer(30))).toHaveLength(30);
  await until(() => expect(service.plan.stages[1]!.replicas).toBe(1));
  const waiting = () => getEventListeners(signal, 'abort').length;
  const before = waiting();
  for (let i = 0; i < 20; i++) {
    engine.see();
    await immediate();
  }
  expect(waiting()).toBeLessThanOrEqual(before + 1);
});
