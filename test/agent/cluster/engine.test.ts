import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../../../agent/cluster/engine.ts';
import { Gateway } from '../../../agent/cluster/gateway/gateway.ts';
import { replicaPlan } from '../../../agent/cluster/replica-plan.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { blankItem } from '../../../models/items/item-format.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { countsIn } from '../../../solver/adapt/serving-counts.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planOnce } from '../../../workers/planner/once.ts';
import { packMessage } from '../../../workers/stage/pipe.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { fashionProfile } from '../kubernetes/fashion-profile.ts';
import { clusterPlan, fashion, sharedPlan } from '../kubernetes/objects/plans.ts';
import { TestEngine } from './test-engine.ts';

/** These tests use an engine that is not part of the product, because gateway and watch need only the interface of an engine. */

const { pipeline } = fashion;
const first = pipeline.first;
const item = blankItem(first.task.itemFormat(first.stage));
/** A plan with so long an SLA that nothing is shed, however slow the machine is. */
const patient = clusterPlan({ slaMs: 1e6 });

function startEngine(): TestEngine {
  const engine = new TestEngine(pipeline);
  onTestFinished(() => engine.close());
  return engine;
}

async function startGateway(
  engine: TestEngine,
  stop = new AbortController(),
  backOff = { firstMs: 10, pauseMsMax: 50 },
) {
  const events: string[] = [];
  const gateway = await Gateway.start({
    engine,
    models: fashion,
    plan: patient,
    token: () => engine.stageToken(),
    signal: stop.signal,
    onEvent: (what) => events.push(what),
    backOff,
  });
  onTestFinished(() => {
    stop.abort();
    gateway.close();
  });
  const { service } = gateway;
  const infer = (count: number) =>
    service.infer(service.model('fashion'), Array(count).fill(item), performance.now());
  return { gateway, service, infer, events };
}

/** The pipeline's plan with the heaviest variant of each stage. */
const heavier: Plan = {
  ...patient,
  stages: patient.stages.map((stage, s) => {
    const { name: variant, sessions } = pipeline.stages[s]!.stage.variants.at(-1)!;
    return { ...stage, variant, sha256: sessions.model!.sha256 };
  }),
};

/** The classes of the objects that were found in each item. */
const labelsOf = (results: Awaited<ReturnType<Awaited<ReturnType<typeof startGateway>>['infer']>>) =>
  results.map((byStage) => byStage[1]!.map((result) => (result as unknown as { label: number }).label));

test('the gateway waits for a replica of each stage, and answers by way of the replicas', async () => {
  const engine = startEngine();
  const starting = startGateway(engine);
  await engine.apply(patient);
  const { infer, service } = await starting;
  await until(() => expect(service.plan.stages.map(({ replicas }) => replicas)).toEqual([1, 2]));
  expect(labelsOf(await infer(5))).toEqual([[3], [3], [3], [3], [3]]);
});

test('a gateway that is stopped while its replicas load their models ends at once', async () => {
  const stop = new AbortController();
  const replica = createServer(({ method }, response) => {
    // The replica has another variant, so the gateway asks for the planned one, and never gets an answer.
    if (method === 'PUT') return stop.abort(new Error('stopped'));
    const [stage] = patient.stages;
    response.end(JSON.stringify({ ...stage, sha256: '0'.repeat(64), variants: [], runtime: null }));
  });
  const url = await new Promise<string>((resolve) => {
    replica.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(replica.address() as AddressInfo).port}`),
    );
  });
  onTestFinished(() => {
    replica.closeAllConnections();
    replica.close();
  });
  const engine = startEngine();
  const endpoints = patient.stages.map(({ name }): Endpoint => ({ url, stage: name, state: 'ready' }));
  vi.spyOn(engine, 'endpoints', 'get').mockReturnValue(endpoints);
  await expect(startGateway(engine, stop)).rejects.toThrow('stopped');
  await until(() => expect(engine.followers).toBe(0));
});

test('a replica tells Prometheus how large its batches are, and the wait and time of each', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { infer } = await startGateway(engine);
  await infer(5);
  const { url } = engine.endpoints.find(({ stage }) => stage === 'detect')!;
  const text = await (await fetch(`${url}/metrics`)).text();
  const metric = (name: string) =>
    Number(new RegExp(`^ipa_edge_${name}\\{stage="detect"\\} (\\S+)$`, 'm').exec(text)![1]);
  expect(metric('replica_batch_items_sum')).toBe(5);
  const batches = metric('replica_batch_items_count');
  expect(batches).toBeGreaterThan(0);
  expect([metric('replica_wait_seconds_count'), metric('replica_batch_seconds_count')]).toEqual([
    batches,
    batches,
  ]);
});

test('a plan that is applied is followed in the replicas that run', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { infer, service } = await startGateway(engine);
  await engine.apply(heavier);
  const running = infer(20);
  await until(() => expect(service.plan.stages.map(({ variant }) => variant)).toEqual(['det16', 'res32']));
  expect(labelsOf(await running)).toHaveLength(20);
  expect([engine.chosen('detect'), engine.chosen('classify')]).toEqual([['det16'], ['res32', 'res32']]);
});

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

test('a gateway that is closed follows the engine no more, so that its process can end', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { gateway } = await startGateway(engine);
  expect(engine.followers).toBe(2);
  gateway.close();
  await until(() => expect(engine.followers).toBe(0));
});

test('a replica refuses messages that are not batches of its stage, and runs on', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { url } = engine.endpoints.find(({ stage }) => stage === 'detect')!;
  const run = async (parts: readonly Uint8Array[]) => {
    const body = Buffer.concat(parts);
    const response = await fetch(`${url}/stage/detect/${patient.stages[0]!.variant}/run`, {
      method: 'POST',
      body,
    });
    return response.status;
  };
  const { length } = item;
  const overlong = Buffer.concat(packMessage({ lengths: [length], bytes: item })).subarray(0, -1);
  const others = [
    { lengths: [length, length], bytes: item },
    { lengths: [length - 1], bytes: item.subarray(1) },
    { lengths: [-1, length + 1], bytes: item },
    { lengths: [], bytes: new Uint8Array() },
    { lengths: [length], bytes: [...item] },
    'detect',
    null,
  ];
  for (const parts of [[], [Buffer.from('{}')], [Buffer.alloc(8)], [overlong], ...others.map(packMessage)])
    expect(await run(parts)).toBe(400);
  expect(await run(packMessage({ lengths: [length], bytes: item }))).toBe(200);
});

test('the gateway tells how long batches ran in replicas and were on their way, and what replicas its plan wants', async () => {
  const engine = startEngine();
  await engine.apply(patient);
  const { service, infer } = await startGateway(engine);
  await infer(3);
  const text = await service.metrics();
  const { hops, hopMs, batches, items, runs, runItems, runMs } = countsIn(text, 'fashion').rows.get(
    'detect',
  )!;
  expect(hops).toBe(batches);
  expect([runs, runItems]).toEqual([batches, items]);
  expect(runMs).toBeGreaterThan(0);
  expect(hops).toBeGreaterThan(0);
  expect(hopMs).toBeGreaterThan(0);
  for (const { name, replicas } of patient.stages)
    expect(text).toContain(
      `ipa_edge_stage_replicas_foreseen{pipeline="fashion",stage="${name}"} ${replicas}\n`,
    );
});

test('watch applies plans as the arrivals grow, and records them', async () => {
  const engine = startEngine();
  const profile = fashionProfile();
  const planAt = await planOn(profile);
  await engine.apply(await planOnce(profile, { slaMs: 300, ratePerS: 2, resources: { cores: 40 } }));
  const load = setInterval(() => {
    engine.arrived += 3;
  }, 20);
  const stop = new AbortController();
  const ended = control(
    {
      engine,
      pipeline: 'fashion',
      adaptationFor: (current) => ({
        system: ipaEdgeSystem(planAt, standingRequest(current, ['cpu']), () => 1000),
        predictor: lastWindow,
        intervalS: 1,
      }),
      checkMs: 50,
      onEvent: () => {},
    },
    stop.signal,
  );
  onTestFinished(async () => {
    clearInterval(load);
    stop.abort();
    await ended;
  });
  await until(async () => expect((await engine.plan())!.ratePerS).toBeGreaterThan(2));
  await until(() =>
    expect(engine.events).toContainEqual(expect.objectContaining({ type: 'Normal', reason: 'PlanChanged' })),
  );
});
