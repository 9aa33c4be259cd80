import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { until } from '../../until.ts';
import { engineIn } from './cluster.ts';
import { fashion } from './objects/plans.ts';
import { TOKEN } from './processes.ts';
import {
  endPods,
  expectConserved,
  heavier,
  metrics,
  plan,
  secretOf,
  send,
  startCluster,
  untilMetric,
} from './served.ts';
import { setNodeReady } from './stand-in/nodes.ts';

afterAll(endPods);

test('pods come, go and are killed with requests in flight, and no request is lost', async () => {
  const { pods, tell, gateway } = await startCluster(['detect', 'classify', 'classify', 'classify']);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 3');
  const [, killed, leaving, last] = pods;
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
  expect(await metrics(gateway)).toContain(
    'ipa_edge_requests_total{model="fashion",outcome="completed"} 120',
  );
  // Without any pod of a stage, requests wait until another pod starts, and are answered then.
  for (const pod of [leaving!, last!]) tell.gone(pod);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 0');
  expect((await fetch(`${gateway.url}/v2/health/ready`)).status).toBe(503);
  const waiting = send(gateway, 5);
  await untilMetric(gateway, 'ipa_edge_open_requests 5');
  tell.starts(last!);
  expect(await waiting).toEqual({ completed: 5 });
});

test('a pod that holds both stages serves the pipeline, and another one takes its place', async () => {
  const both = ['detect', 'classify'];
  const sharing: Plan = {
    ...plan,
    stages: plan.stages.map((stage) => ({ ...stage, replicas: 1 })),
    workers: [{ ...plan.workers[0]!, stages: both }],
  };
  const { pods, tell, gateway } = await startCluster([both, both], sharing);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 2');
  expect(((await (await fetch(`${gateway.url}/plan`)).json()) as Plan).workers).toHaveLength(2);
  const outcomes = await send(gateway, 60, (sent) => {
    if (sent === 24) pods[0]!.running.process.kill('SIGKILL');
    if (sent === 36) tell.gone(pods[0]!);
  });
  expect(outcomes).toEqual({ completed: 60 });
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
});

test('a pod that a plan no longer wants is no lost worker, and one that is killed is', async () => {
  const { pods, tell, gateway } = await startCluster(['detect', 'classify', 'classify', 'classify']);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 3');
  const [, ended, killed] = pods;
  tell.terminates(ended!);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 2');
  expect(await metrics(gateway)).toContain('ipa_edge_workers_lost_total 0\n');
  for (const pod of [ended!, killed!]) tell.gone(pod);
  await untilMetric(gateway, 'ipa_edge_workers_lost_total 1\n');
});

test('the only pod of a stage is evicted with requests in flight: it serves until another pod is ready, and no request is lost', async () => {
  const { pods, tell, evict, gateway } = await startCluster(['detect', 'classify', 'detect']);
  const [evicted, , other] = pods;
  tell.ready(other!, false);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
  let draining = true;
  const sending = send(gateway, () => draining);
  expect(await evict(evicted!)).toBe(201);
  await until(() => expect(gateway.lines.join('\n')).toContain('no replica of detect is ready'));
  // The disruption budget refuses another eviction until the cluster has another pod.
  expect(await evict(evicted!)).toBe(429);
  tell.ready(other!, true);
  await tell.ends(evicted!);
  await untilMetric(gateway, 'ipa_edge_replicas{stage="detect"} 1');
  draining = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  await expectConserved(gateway);
});

test('a token that is rotated fails no request, and the plan after it is followed', async () => {
  const tokenFile = join(folderOfTest(), 'token');
  await writeFile(tokenFile, TOKEN);
  const { cluster, pods, gateway } = await startCluster(['detect', 'classify'], plan, tokenFile);
  let rotating = true;
  const sending = send(gateway, () => rotating);
  await writeFile(tokenFile, 'another-token');
  await cluster.apply(secretOf('another-token'), { force: true });
  await engineIn(cluster).apply(heavier);
  await untilMetric(gateway, 'stage="detect",variant="det8"');
  rotating = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  const before = await fetch(`${pods[0]!.running.url}/stage/detect`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(plan.stages[0]),
  });
  expect(before.status).toBe(401);
});

test('a node of which the cluster loses sight with requests in flight takes none of its pods away, and the gateway stays ready', async () => {
  const { standIn, gateway } = await startCluster(['detect', 'classify']);
  let storm = true;
  const sending = send(gateway, () => storm);
  setNodeReady(standIn, 'amd64', false);
  await until(() => expect(gateway.lines.join('\n')).toContain('no replica of detect, classify is ready'));
  expect(await send(gateway, 30)).toEqual({ completed: 30 });
  expect((await fetch(`${gateway.url}/v2/health/ready`)).status).toBe(200);
  setNodeReady(standIn, 'amd64', true);
  expect(await send(gateway, 30)).toEqual({ completed: 30 });
  storm = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  await expectConserved(gateway);
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
  const { cluster, pods, tell, gateway } = await startCluster(['detect', 'classify', heavy.name], cascade);
  expect(await send(gateway, 50)).toEqual({ completed: 50 });
  const itemsOf = async (pod: number, stage: string) =>
    Number(
      new RegExp(`replica_batch_items_sum{stage="${stage}"} (\\d+)`).exec(
        await metrics(pods[pod]!.running),
      )![1],
    );
  const [all, escalated] = [await itemsOf(1, 'classify'), await itemsOf(2, heavy.name)];
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

test("the cluster's plan is followed: variants change in the pods that run, with no request failed, and without the API server all goes on", async () => {
  const { standIn, cluster, pods, gateway } = await startCluster(['detect', 'classify']);
  let changing = true;
  const sending = send(gateway, () => changing);
  await engineIn(cluster).apply(heavier);
  await untilMetric(gateway, 'stage="detect",variant="det8"');
  changing = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  expect(pods.map(({ running }) => running.process.exitCode)).toEqual([null, null]);
  const served = (await (await fetch(`${pods[0]!.running.url}/stage/detect`)).json()) as {
    variant: string;
    batch: number;
  };
  expect(served).toMatchObject({ variant: 'det8', batch: 2 });

  await standIn.down();
  expect(await send(gateway, 20)).toEqual({ completed: 20 });
  await until(() => expect(gateway.lines.join('\n')).toContain('cannot be followed'));
  await standIn.up();
  await engineIn(cluster).apply(plan);
  await untilMetric(gateway, 'stage="detect",variant="det4"');
  // The gateway's plan changes only through the cluster, and no log line shows the token.
  const put = await fetch(`${gateway.url}/plan`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(plan),
  });
  expect(put.status).toBe(403);
  expect(
    [gateway, ...pods.map(({ running }) => running)].flatMap(({ lines }) => lines).join('\n'),
  ).not.toContain(TOKEN);
});
