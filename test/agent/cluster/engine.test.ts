import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../../../agent/cluster/engine.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { countsIn } from '../../../solver/adapt/serving-counts.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import { planOnce } from '../../../workers/planner/once.ts';
import { packMessage } from '../../../workers/stage/pipe.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { fashionProfile } from '../kubernetes/fashion-profile.ts';
import { heavier, item, labelsOf, patient, startEngine, startGateway } from './gateways.ts';

/** These tests use an engine that is not part of the product, because gateway and watch need only the interface of an engine. */

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
