import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { Replica } from '../../../agent/cluster/gateway/replica.ts';
import { runTensors } from '../../../agent/cluster/stage/tensors.ts';
import { batchOf, type ItemBatch } from '../../../models/items/item-batch.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { labelledItems } from '../../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../../models/packs/pack.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { nodeEnvironment } from '../../../workers/environment/node.ts';
import { WorkerLostError } from '../../../workers/runtime/errors.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { until } from '../../until.ts';
import { startAtOnce } from '../../workers/start-at-once.ts';
import { OipClient } from '../oip-client.ts';
import { sharedByTests } from '../shared.ts';
import { batchRequest } from '../tensors.ts';
import { fashion } from './objects/plans.ts';
import { planHere, type Running, startCommand, startPod, TOKEN } from './processes.ts';

const [detect, classify] = fashion.pipeline.stages as [PipelineStage, PipelineStage];
const labelled = await labelledItems((await fashion.readPack()) as LabelledPack, fashion.pipeline);
const plan = await planHere();

const scenes = (count: number, from = 0): ItemBatch => batchOf(labelled[0]!.items.slice(from, from + count));

/** The plan's row of `detect` with another variant. */
const detectWith = (index: number, change: Partial<Plan['stages'][number]> = {}) => {
  const variant = detect.stage.variants[index]!;
  return { ...plan.stages[0]!, variant: variant.name, sha256: sha256Of(variant), ...change };
};

const put = (url: string, body: unknown, token = TOKEN) =>
  fetch(`${url}/stage/detect`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** What a worker of this process answers to scenes. Tests compare a pod's answers with it. */
const here = sharedByTests(async (): Promise<StageRun> => {
  const startWorker = startAtOnce(fashion, nodeEnvironment());
  const worker = await startWorker(
    'here',
    { id: 'here', backend: 'cpu', threads: 1, stages: ['detect'] },
    plan,
  );
  const run = await worker.run('detect', scenes(5));
  worker.terminate();
  return run;
});

const isLinux = process.platform === 'linux';

/** A pod of both stages, which may use one core of its node: its CPU affinity stands for the limit that a pod has in its cgroup. */
const started = sharedByTests(({ atEnd }) =>
  startPod(plan, ['detect', 'classify'], {
    atEnd,
    ...(isLinux && { under: ['taskset', '--cpu-list', '0'] }),
  }),
);

/** The pod that tests share, with the variant of the plan. */
async function sharedPod(): Promise<Running> {
  const pod = await started();
  expect((await put(pod.url, plan.stages[0])).status).toBe(200);
  return pod;
}

/** Uses a pod as a gateway does. @param planned the rows for which the pod is used */
async function replicaOf({ url }: Running, planned: Plan['stages']): Promise<Replica> {
  const dispatcher = new Agent();
  const onEnd = () => void dispatcher.destroy();
  return Replica.start({ id: 'there', url, dispatcher, planned, token: async () => TOKEN, onEnd });
}

test('a pod refuses a plan of other nodes, and the remedy is one of the cluster', async () => {
  const file = join(folderOfTest(), 'plan.json');
  const { device } = plan.profile;
  const elsewhere = { ...device, platform: 'linux x64, another CPU', logicalCores: device.logicalCores + 1 };
  await writeFile(file, JSON.stringify({ ...plan, profile: { ...plan.profile, device: elsewhere } }));
  const { lines, ended } = startCommand(['stage', '--stage', 'detect', '--plan', file]);
  expect(await ended).toBe(2);
  const said = lines.join('\n');
  expect(said).toContain('another CPU');
  expect(said).toContain('logicalCores');
  expect(said).toContain('nodeSelector of an InferencePipeline');
  expect(said).not.toContain('serve --replan');
});

test('a pod of other models does not come up, and says why', async () => {
  const other = { ...plan, stages: [detectWith(0, { sha256: '0'.repeat(64) }), plan.stages[1]!] };
  await expect(startPod(other, 'detect')).rejects.toThrow(/SHA-256 0000/);
});

test.skipIf(!isLinux)(
  'a pod that may use fewer cores than its node has takes a plan that was made for the node',
  async () => {
    const { url } = await sharedPod();
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
  },
);

test('a pod answers a gateway what a worker of this machine answers', async () => {
  const expected = await here();
  const replica = await replicaOf(await sharedPod(), [plan.stages[0]!]);
  const run = await replica.run('detect', scenes(5));
  expect(run).toEqual({
    results: expected.results,
    childCounts: expected.childCounts,
    children: { lengths: expected.children.lengths, bytes: expected.children.bytes },
  });
  expect(run.children.lengths.length).toBeGreaterThan(0);
  replica.terminate();
  await expect(replica.run('detect', scenes(1))).rejects.toThrow(WorkerLostError);
});

test('a standby in a pod answers what it answers as the planned variant', async () => {
  const expected = await here();
  const { variant, sha256, accuracy, serviceMs } = plan.stages[0]!;
  const planned = detectWith(1, { standby: { variant, sha256, accuracy: accuracy!, serviceMs } });
  const replica = await replicaOf(await sharedPod(), [planned]);
  expect((await replica.run('detect/standby', scenes(5))).results).toEqual(expected.results);
  expect((await replica.run('detect', scenes(5))).results).not.toEqual(expected.results);
  replica.terminate();
});

test('a pod answers the Open Inference Protocol with its results and the items of the next stage', async () => {
  const pod = await sharedPod();
  const client = new OipClient(pod.url);
  const { outputs, version } = await client.infer('detect', batchRequest(detect, scenes(5)));
  client.close();
  expect(version).toBe('det4');
  expect(outputs).toEqual(runTensors(detect, await here()));
});

test('variant and batch are changed in place while batches run, and none fails', async () => {
  const pod = await sharedPod();
  const client = new OipClient(pod.url);
  const versions: string[] = [];
  let changing = true;
  const sending = (async () => {
    for (let i = 0; changing || versions.at(-1) !== 'det16'; i++)
      versions.push((await client.infer('detect', batchRequest(detect, scenes(2, i % 40)))).version!);
  })();
  await expect.poll(() => versions.length).toBeGreaterThan(0);
  const response = await put(pod.url, detectWith(2, { batch: 8 }));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ variant: 'det16', batch: 8, variants: ['det4', 'det16'] });
  changing = false;
  await sending;
  expect(new Set(versions)).toEqual(new Set(['det4', 'det16']));
  // The variant before the change still answers clients that ask for it.
  expect((await client.infer('detect', batchRequest(detect, scenes(1)), { version: 'det4' })).version).toBe(
    'det4',
  );
  client.close();
});

test('nobody changes anything without the token, and nothing to what the pod has not', async () => {
  const pod = await sharedPod();
  const chosen = async () => (await fetch(`${pod.url}/stage/detect`)).json();
  const before = await chosen();
  expect((await put(pod.url, detectWith(1), 'another')).status).toBe(401);
  const refused = async (stage: unknown) => {
    const response = await put(pod.url, stage);
    return [response.status, ((await response.json()) as { error: string }).error];
  };
  expect(await refused(detectWith(1, { sha256: '0'.repeat(64) }))).toEqual([
    409,
    expect.stringContaining('SHA-256 0000'),
  ]);
  const { variant, accuracy, serviceMs } = plan.stages[0]!;
  const standby = { variant, sha256: '1'.repeat(64), accuracy: accuracy!, serviceMs };
  expect(await refused(detectWith(1, { standby }))).toEqual([409, expect.stringContaining('SHA-256 1111')]);
  expect(await refused(detectWith(1, { threads: 2 }))).toEqual([
    409,
    expect.stringMatching(/2 threads.*Apply the plan/s),
  ]);
  expect(await refused({ ...detectWith(1), name: 'classify' })).toEqual([
    409,
    expect.stringContaining('of stage classify'),
  ]);
  expect(await refused({ variant: 'det8' })).toEqual([400, expect.stringContaining('sha256')]);
  expect(await chosen()).toEqual(before);
  expect(pod.lines.join('\n')).not.toContain(TOKEN);
});

test('a pod holds several stages, each with its own variant, and a gateway runs batches of either there', async () => {
  const pod = await sharedPod();
  const { url } = pod;
  const replica = await replicaOf(pod, [detectWith(2, { batch: 2 }), plan.stages[1]!]);
  const found = await replica.run('detect', scenes(5));
  const classified = await replica.run('classify', found.children);
  expect(classified.results).toHaveLength(found.children.lengths.length);
  expect(classified.results.length).toBeGreaterThan(0);
  const chosen = async (stage: string) =>
    ((await (await fetch(`${url}/stage/${stage}`)).json()) as { variant: string }).variant;
  expect([await chosen('detect'), await chosen('classify')]).toEqual(['det16', plan.stages[1]!.variant]);
  const unknown = await fetch(`${url}/stage/segment`);
  expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('detect, classify')]);
  const client = new OipClient(url);
  const asked = await client.infer('classify', batchRequest(classify, found.children));
  expect(asked.outputs.find(({ name }) => name === 'labels')!.shape).toEqual([classified.results.length]);
  client.close();
  replica.terminate();
});

test('a stage answers what the stage before has answered, with the id of the request, as a graph of KServe passes it on', async () => {
  const { url } = await sharedPod();
  const infer = (model: string, body: string) =>
    fetch(`${url}/v2/models/${model}/infer`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
  const send = async (count: number, from: number) => {
    const { bytes } = scenes(count, from);
    const input = { name: 'images', datatype: 'UINT8', shape: [count, 1, 128, 128], data: [...bytes] };
    return (await infer('detect', JSON.stringify({ id: 'seven', inputs: [input] }))).text();
  };
  const passedOn = await send(3, 0);
  const found = (JSON.parse(passedOn) as { outputs: { name: string; shape: number[] }[] }).outputs.find(
    ({ name }) => name === 'items',
  )!.shape[0];
  const answer = await infer('classify', passedOn);
  expect(answer.status).toBe(200);
  const { id, outputs } = (await answer.json()) as {
    id: string;
    outputs: { name: string; data: number[] }[];
  };
  expect(id).toBe('seven');
  expect(outputs.find(({ name }) => name === 'labels')!.data).toHaveLength(found!);
  // If the stage before found nothing in any image, its response has no items, and this stage's response has none, either.
  const blank = { name: 'items', datatype: 'UINT8', shape: [0, 1, 28, 28], data: [] };
  const nothing = await infer('classify', JSON.stringify({ model_name: 'detect', outputs: [blank] }));
  expect(nothing.status).toBe(200);
});

// This test ends the pod that the tests share, so it is the last one.
test('a session that is killed is loaded again; SIGTERM lets what runs end', async () => {
  const pod = await sharedPod();
  const children = execFileSync('pgrep', ['-P', String(pod.process.pid)], { encoding: 'utf8' });
  for (const child of children.trim().split('\n')) process.kill(Number(child), 'SIGKILL');
  const ready = async () => (await fetch(`${pod.url}/v2/health/ready`)).status;
  await until(() => expect(pod.lines.some((line) => line.includes('was lost'))).toBe(true));
  await until(async () => expect(await ready()).toBe(200));
  const client = new OipClient(pod.url);
  const request = batchRequest(classify, batchOf(labelled[1]!.items.slice(0, 64)));
  const sent = () => Array.from({ length: 10 }, () => client.infer('classify', request));
  // The loss that was told may be that of the decoder alone: until the other one is noticed, the pod says that it is ready.
  await until(() => Promise.all(sent()));
  const running = sent();
  const settled = Promise.allSettled(running);
  await Promise.race(running);
  pod.process.kill('SIGTERM');
  // The pod answers 503 to requests that come too late, and cuts none off.
  for (const answer of await settled)
    expect(answer.status === 'fulfilled' ? 200 : (answer.reason.status ?? answer.reason)).toSatisfy(
      (status) => [200, 503].includes(status),
    );
  client.close();
  expect(await pod.ended).toBe(0);
});
