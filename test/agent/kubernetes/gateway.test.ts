import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { until } from '../../until.ts';
import { sharedByTests } from '../shared.ts';
import { engineIn } from './cluster.ts';
import { fashion } from './objects/plans.ts';
import { type Running, TOKEN } from './processes.ts';
import {
  endsOf,
  expectConserved,
  heavier,
  metricOf,
  metrics,
  OPEN,
  plan,
  secretOf,
  send,
  startCluster,
  untilMetric,
  untilServed,
} from './served.ts';
import { setNodeReady } from './stand-in/nodes.ts';

const clusterOfFile = sharedByTests(startCluster);

const LOST = 'ipa_edge_workers_lost_total';
const COMPLETED = 'ipa_edge_requests_total{model="fashion",outcome="completed"}';

test('a pod that a plan no longer wants is no lost worker, and one that is killed is', async () => {
  const { tell, serve } = await clusterOfFile();
  const { pods, gateway } = await serve(['detect', 'classify', 'classify', 'classify']);
  const [, ended, killed] = pods;
  const before = await metricOf(gateway, LOST);
  tell.terminates(ended!);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 2');
  expect(await metricOf(gateway, LOST)).toBe(before);
  for (const pod of [ended!, killed!]) tell.gone(pod);
  await until(async () => expect(await metricOf(gateway, LOST)).toBe(before + 1));
});

test('pods come, go and are killed with requests in flight, and no request is lost', async () => {
  const { tell, serve } = await clusterOfFile();
  const { pods, gateway } = await serve(['detect', 'classify', 'classify', 'classify']);
  const [, killed, leaving, last] = pods;
  const before = await metricOf(gateway, COMPLETED);
  const outcomes = await send(gateway, 120, (sent) => {
    // The pod ends at request 24, but Kubernetes notices only at request 48.
    if (sent === 24) killed!.running.process.kill('SIGKILL');
    if (sent === 48) tell.gone(killed!);
    if (sent === 72) {
      tell.ready(leaving!, false);
      tell.terminates(leaving!);
    }
  });
  expect(outcomes).toEqual({ completed: 120 });
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 1');
  expect(await metricOf(gateway, COMPLETED)).toBe(before + 120);
  // Without any pod of a stage, requests wait until another pod starts, and are answered then.
  for (const pod of [leaving!, last!]) tell.gone(pod);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 0');
  expect((await fetch(`${gateway.url}/v2/health/ready`)).status).toBe(503);
  const waiting = send(gateway, 5);
  await untilMetric(gateway, 'ipa_edge_open_requests 5');
  tell.starts(last!);
  expect(await waiting).toEqual({ completed: 5 });
});

test('the only pod of a stage is evicted with requests in flight: it serves until another pod is ready, and no request is lost', async () => {
  const { tell, evict, serve } = await clusterOfFile();
  const { pods, gateway, written } = await serve(['detect', 'classify', 'detect']);
  const [evicted, , other] = pods;
  tell.ready(other!, false);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
  let draining = true;
  const sending = send(gateway, () => draining);
  expect(await evict(evicted!)).toBe(201);
  await until(() => expect(written()).toContain('no replica of detect is ready'));
  // The disruption budget refuses another eviction until the cluster has another pod.
  expect(await evict(evicted!)).toBe(429);
  tell.ready(other!, true);
  await tell.ends(evicted!);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
  draining = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  await expectConserved(gateway);
});

test('a node of which the cluster loses sight with requests in flight takes none of its pods away, and the gateway stays ready', async () => {
  const { standIn, serve } = await clusterOfFile();
  const { gateway, written } = await serve(['detect', 'classify']);
  let storm = true;
  const sending = send(gateway, () => storm);
  setNodeReady(standIn, 'amd64', false);
  await until(() => expect(written()).toContain('no replica of detect, classify is ready'));
  expect(await send(gateway, 30)).toEqual({ completed: 30 });
  expect((await fetch(`${gateway.url}/v2/health/ready`)).status).toBe(200);
  setNodeReady(standIn, 'amd64', true);
  expect(await send(gateway, 30)).toEqual({ completed: 30 });
  storm = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  await expectConserved(gateway);
});

test('a pod that holds both stages serves the pipeline, and another one takes its place', async () => {
  const both = ['detect', 'classify'];
  const sharing: Plan = {
    ...plan,
    stages: plan.stages.map((stage) => ({ ...stage, replicas: 1 })),
    workers: [{ ...plan.workers[0]!, stages: both }],
  };
  const { tell, serve } = await clusterOfFile();
  const { pods, gateway } = await serve([both, both], sharing);
  expect(((await (await fetch(`${gateway.url}/plan`)).json()) as Plan).workers).toHaveLength(2);
  const outcomes = await send(gateway, 60, (sent) => {
    if (sent === 24) pods[0]!.running.process.kill('SIGKILL');
    if (sent === 36) tell.gone(pods[0]!);
  });
  expect(outcomes).toEqual({ completed: 60 });
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
});

test('pods of a heavy variant run the items that escalate; they end with the cascade, and no request is lost', async () => {
  const [, light] = plan.stages;
  const heavy = {
    ...light!,
    ...{ name: 'classify-heavy', variant: 'cnn16', replicas: 1 },
    sha256: sha256Of(fashion.pipeline.stage('classify').variant('cnn16')),
    escalation: { from: 'classify', below: 0.6, share: 0.3, accuracy: 0.9 },
  };
  const worker = { id: heavy.name, backend: heavy.backend, threads: 1, stages: [heavy.name] };
  const cascade: Plan = { ...plan, stages: [...plan.stages, heavy], workers: [...plan.workers, worker] };
  const { cluster, tell, serve } = await clusterOfFile();
  const { pods, gateway } = await serve(['detect', 'classify', heavy.name], cascade);
  const itemsOf = (pod: number, stage: string) =>
    metricOf(pods[pod]!.running, `ipa_edge_replica_batch_items_sum{stage="${stage}"}`);
  const itemsBefore = await itemsOf(1, 'classify');
  expect(await send(gateway, 50)).toEqual({ completed: 50 });
  const [all, escalated] = [(await itemsOf(1, 'classify')) - itemsBefore, await itemsOf(2, heavy.name)];
  expect(escalated).toBeGreaterThan(0);
  expect(escalated).toBeLessThan(all);

  const adapted: Promise<unknown>[] = [];
  const outcomes = await send(gateway, 100, (sent) => {
    if (sent === 30) adapted.push(engineIn(cluster).adapt(plan, cascade));
    if (sent === 70) tell.terminates(pods[2]!);
  });
  await Promise.all(adapted);
  expect(outcomes).toEqual({ completed: 100 });
  await until(async () =>
    expect(await metrics(gateway)).not.toContain('ipa_edge_replicas{stage="classify-heavy"}'),
  );
  expect(await send(gateway, 20)).toEqual({ completed: 20 });
});

/** Sends a pod or a gateway a document with the token of the tests. */
const put = (url: string, document: unknown) =>
  fetch(url, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });

test('a token that is rotated fails no request, and the plan after it is followed', async () => {
  const { cluster, tokenFile, serve } = await clusterOfFile();
  const { pods, gateway } = await serve(['detect', 'classify']);
  let rotating = true;
  const sending = send(gateway, () => rotating);
  await writeFile(tokenFile, 'another-token');
  await cluster.apply(secretOf('another-token'), { force: true });
  await engineIn(cluster).apply(heavier);
  await untilMetric(gateway, 'stage="detect",variant="det8"');
  rotating = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  expect((await put(`${pods[0]!.running.url}/stage/detect`, plan.stages[0])).status).toBe(401);
});

/** Serves with a second gateway, which each test leaves to the next one or ends. */
async function serveByTwo() {
  const cluster = await clusterOfFile();
  const stages = ['detect', 'classify', 'classify'];
  const { pods, gateway } = await cluster.serve(stages);
  const other = await cluster.otherGateway();
  await untilServed(other, plan, stages);
  return { ...cluster, pods, gateways: [gateway, other] as const };
}

test("two gateways follow the cluster's plan: variants change in the pods that run, with no request failed, and without the API server all goes on", async () => {
  const { standIn, cluster, pods, started, gateways } = await serveByTwo();
  const [gateway, other] = gateways;
  let changing = true;
  const sending = send(
    (i) => gateways[i % 2]!,
    () => changing,
  );
  await engineIn(cluster).apply(heavier);
  for (const one of gateways) await untilMetric(one, 'stage="detect",variant="det8"');
  changing = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  expect(pods.map(({ running }) => running.process.exitCode)).toEqual([null, null, null]);
  const served = (await (await fetch(`${pods[0]!.running.url}/stage/detect`)).json()) as {
    variant: string;
    batch: number;
  };
  expect(served).toMatchObject({ variant: 'det8', batch: 2 });

  await standIn.down();
  expect(await send(other, 20)).toEqual({ completed: 20 });
  await until(() => expect(other.lines.join('\n')).toContain('cannot be followed'));
  await standIn.up();
  await engineIn(cluster).apply(plan);
  for (const one of gateways) await untilMetric(one, 'stage="detect",variant="det4"');
  // A gateway's plan changes only through the cluster, and no log line shows the token.
  expect((await put(`${gateway.url}/plan`, plan)).status).toBe(403);
  expect(
    [...gateways, ...started.map(({ running }) => running)].flatMap(({ lines }) => lines).join('\n'),
  ).not.toContain(TOKEN);
});

test('a gateway that is killed with requests in flight loses only those; it starts again while the API server is gone, and serves with the pods that it remembers', async () => {
  const { standIn, otherGateway, gateways } = await serveByTwo();
  const [survivor, killed] = gateways;
  let targets: readonly Running[] = gateways;
  let next: Running | undefined;
  let toNext = 0;
  const startNext = async () => {
    await killed.ended;
    await standIn.down();
    next = await otherGateway();
    targets = [survivor, next];
  };
  const outcomes = await send(
    // Requests go where a Service would send them: to all gateways that run, in turn.
    (i) => {
      const target = targets[i % targets.length]!;
      if (target === next) toNext++;
      return target;
    },
    () => toNext < 30,
    (i) => {
      if (i !== 40) return;
      killed.process.kill('SIGKILL');
      targets = [survivor];
      void startNext();
    },
  );
  const { shed, failed } = endsOf(outcomes);
  expect(shed).toBe(0);
  expect(failed).toBeLessThanOrEqual(OPEN);
  for (const gateway of [survivor, next!]) await expectConserved(gateway);
  expect(next!.lines.join('\n')).toContain('cannot be followed');
  await standIn.up();
  await until(() => expect(next!.lines.join('\n')).toContain('the API server is back'));
  expect(await send(next!, 5)).toEqual({ completed: 5 });
});

test('a gateway that is told to end answers the clients that keep their connections to it, and sends them elsewhere', async () => {
  const { gateways } = await serveByTwo();
  const [survivor, ending] = gateways;
  let toEnding = 0;
  const outcomes = await send(
    // As with a Service, kept connections stay with the ending gateway until it closes them, and new ones go to the other
    // gateway.
    (i) => (ending.process.killed && toEnding++ >= OPEN ? survivor : gateways[i % 2]!),
    80,
    (i) => {
      if (i === 40) ending.process.kill('SIGTERM');
    },
  );
  expect(outcomes).toEqual({ completed: 80 });
});
