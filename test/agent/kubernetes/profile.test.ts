import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { apiError, ClusterUnreachableError } from '../../../agent/kubernetes/errors.ts';
import { ProfileJobError, profileInJob } from '../../../agent/kubernetes/profile.ts';
import { parseProfile } from '../../../solver/documents/profile.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { STOPPED } from '../../../workers/command/profile.ts';
import { exportProfile } from '../../../workers/store/exchange.ts';
import { IPA_AGENT } from '../../compiled.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { until } from '../../until.ts';
import { writeLightest } from '../lightest.ts';
import { standInCluster } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { JOBS, jobOf, leavePodPending, podKeyOf, runPod, warn } from './jobs.ts';
import { fashion, settings } from './objects/plans.ts';
import { startCommand } from './processes.ts';
import type { StandIn } from './stand-in/server.ts';

test('a job profiles where it is told to, and its profile is fetched', async () => {
  const { standIn, kubeconfig } = await standInCluster();
  const folder = folderOfTest();
  const out = join(folder, 'profile.json');
  const command = startCommand([
    ...['profile', '--target', 'kubernetes', '--pipeline', 'fashion', '--out', out, '--namespace', 'shop'],
    ...['--backend', 'cpu', '--threads', '1', '--batches', '1', '--budget', '1s'],
    ...['--kubeconfig', kubeconfig, '--node-selector', 'pool=edge', 'disk=ssd'],
  ]);
  const job = await jobOf(standIn);
  const { containers, nodeSelector } = job.spec.template.spec;
  expect(nodeSelector).toEqual({ pool: 'edge', disk: 'ssd' });
  // The test runs the container's command here, except that it writes to another folder and measures fewer variants and scenes.
  const { args: told } = containers[0]!;
  const manifest = await writeLightest(join(folder, 'models'));
  const args = told.map((arg) =>
    arg === told[told.indexOf('--manifest') + 1] ? manifest : arg.replace(/^\/tmp\//, `${folder}/`),
  );
  const pod = spawn(process.execPath, [IPA_AGENT, ...args]);
  let log = '';
  for (const stream of [pod.stdout, pod.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  expect(await new Promise((resolve) => pod.once('close', resolve)), log).toBe(0);
  runPod(standIn, job, 'Succeeded', log);
  expect(await command.ended, command.lines.join('\n')).toBe(0);
  const profile = parseProfile(JSON.parse(await readFile(out, 'utf8')), out);
  expect(profile.pipeline).toBe('fashion');
  expect(profile.cells.some(({ state, backend }) => state === 'measured' && backend === 'cpu')).toBe(true);
  // The profile is for plans with pods, so it has the cost of requests, and of a batch's way to a pod of each stage.
  expect(profile.serving!.requests.map(({ body }) => body)).toEqual(['binary', 'json']);
  expect(profile.serving!.hops!.map(({ stage, items }) => [stage, items])).toEqual([
    ['detect', 1],
    ['classify', 1],
  ]);
  expect(planRequest(profile, { slaMs: 100, ratePerS: 1 }).apart).toBe(true);
  expect(standIn.store.all(JOBS)).toEqual([]);
});

const ask = {
  backends: ['cpu'],
  threads: [1],
  batches: [1],
  budgetS: 2,
  seed: 1,
} as const;
const deployed = { pipeline: fashion.pipeline, settings };

test('a job whose pod finds no node ends, and tells why', async () => {
  const { standIn, cluster } = await standInCluster();
  const { signal } = new AbortController();
  const waiting = profileInJob(cluster, ask, deployed, { signal, onEvent: () => {} }, -1);
  const error = await waiting.catch((e) => e);
  expect(error).toBeInstanceOf(ProfileJobError);
  expect(error.message).toContain('it did not start in time');
  expect(standIn.store.all(JOBS)).toEqual([]);
});

test('a job that fails tells what its pod wrote last; one that waits tells for what; both are removed', async () => {
  const { standIn, cluster } = await standInCluster();
  const lines: string[] = [];
  const { signal } = new AbortController();
  const failing = profileInJob(cluster, ask, deployed, { signal, onEvent: (line) => lines.push(line) });
  const failed = failing.catch((error) => error);
  runPod(standIn, await jobOf(standIn), 'Failed', 'profiling 1/4\nout of memory\n');
  expect(await failed).toBeInstanceOf(ProfileJobError);
  expect((await failed).message).toContain('out of memory');
  expect(standIn.store.all(JOBS)).toEqual([]);

  const stop = new AbortController();
  const waiting = profileInJob(cluster, ask, deployed, {
    signal: stop.signal,
    onEvent: (line) => lines.push(line),
  }).catch((error) => error);
  const job = await jobOf(standIn);
  runPod(standIn, job, 'Pending', '');
  await until(() => expect(lines.at(-1)).toContain('waits: it is starting'));
  stop.abort();
  expect(await waiting).toMatchObject({
    name: 'Interrupted',
    message: expect.stringContaining('nothing of it is kept'),
  });
  expect(standIn.store.all(JOBS)).toEqual([]);
});

test('a job that waits tells what only events say: that a quota keeps out its pod, and which volume is missing', async () => {
  const { standIn, cluster } = await standInCluster();
  const lines: string[] = [];
  const stop = new AbortController();
  const listener = { signal: stop.signal, onEvent: (line: string) => lines.push(line) };
  const waiting = profileInJob(cluster, ask, deployed, listener).catch((error) => error);
  const job = await jobOf(standIn);
  const { name } = job.metadata;
  warn(standIn, name, 'Error creating: pods is forbidden: exceeded quota: cpu');
  await until(() => expect(lines.at(-1)).toContain(`Job ${name} waits: Error creating: pods is forbidden`));
  runPod(standIn, job, 'Pending', '');
  warn(standIn, `${name}-x`, 'MountVolume.SetUp failed for volume "models"');
  await until(() => expect(lines.at(-1)).toContain(`Pod ${name}-x waits: MountVolume.SetUp failed`));
  stop.abort();
  await waiting;
});

test('a job for which no node has the cores tells how many it asks for, until it starts', async () => {
  const { standIn, cluster } = await standInCluster();
  const waits: (string | null)[] = [];
  const { signal } = new AbortController();
  const listener = { signal, onEvent: () => {}, onWait: (why: string | null) => waits.push(why) };
  const profiling = profileInJob(cluster, { ...ask, threads: [1, 2] }, deployed, listener);
  const job = await jobOf(standIn);
  leavePodPending(standIn, job);
  await until(() =>
    expect(waits.at(-1)).toMatch(
      /Insufficient cpu\. The job asks for 3\.5 cores; with fewer threads to measure, it asks for fewer\.$/,
    ),
  );
  standIn.store.remove(podKeyOf(job));
  runPod(standIn, job, 'Succeeded', exportProfile(fashionProfile()));
  await profiling;
  expect(waits.at(-1)).toBeNull();
});

const outage = () => new ClusterUnreachableError('http://stand-in', new Error('socket hang up'));

const LINE = 'profiling 1/1';

/** Profiles in a job of a cluster that `hinder` has changed. The job's pod writes a line and a whole profile. */
async function profileThrough(
  hinder: (cluster: KubernetesApi, standIn: StandIn) => void,
  phase = 'Succeeded',
) {
  const { standIn, cluster } = await standInCluster();
  hinder(cluster, standIn);
  const events: string[] = [];
  const { signal } = new AbortController();
  const profiling = profileInJob(cluster, ask, deployed, { signal, onEvent: (line) => events.push(line) });
  const job = await jobOf(standIn);
  runPod(standIn, job, phase, `${LINE}\n${exportProfile(fashionProfile())}`);
  return { profile: (await profiling).profile, events, job, standIn };
}

test('a job that cannot be removed is told, and its profile is kept', async () => {
  const { profile, events, job } = await profileThrough((cluster) =>
    vi.spyOn(cluster, 'remove').mockRejectedValueOnce(outage()),
  );
  expect(profile).toEqual(fashionProfile());
  expect(events.at(-1)).toContain(`kubectl delete job ${job.metadata.name} -n shop`);
});

test.each([
  ['the network cuts', 'Running', { length: LINE.length + 1, isCut: true }],
  ['the network cuts within the profile', 'Succeeded', { length: LINE.length + 100, isCut: true }],
  ['ends while its pod runs', 'Running', { length: LINE.length + 1 }],
  ['ends within the profile', 'Succeeded', { length: LINE.length + 100 }],
])('a log that %s is read again, and no line of it is told twice', async (_how, phase, end) => {
  const { profile, events, standIn } = await profileThrough((_, { logEnds }) => logEnds.push(end), phase);
  expect(profile).toEqual(fashionProfile());
  expect(events.filter((event) => event === LINE)).toHaveLength(1);
  expect(events.at(-1)).toContain('is read again');
  expect(standIn.store.all(JOBS)).toEqual([]);
});

test.each([
  ['does not answer', outage()],
  ['has too many requests', apiError(429, '', 'the list of Pod')],
])('a job whose pod cannot be read while the API server %s still profiles', async (_, error) => {
  const { profile } = await profileThrough((cluster) => {
    vi.spyOn(cluster, 'list').mockRejectedValueOnce(error);
    vi.spyOn(cluster, 'logs').mockImplementationOnce(() => {
      throw error;
    });
  });
  expect(profile).toEqual(fashionProfile());
});

test('a job profiles in a pod to which the cluster has added a container', async () => {
  const { standIn, cluster } = await standInCluster();
  const { signal } = new AbortController();
  const profiling = profileInJob(cluster, ask, deployed, { signal, onEvent: () => {} });
  runPod(standIn, await jobOf(standIn), 'Running', exportProfile(fashionProfile()), ['mesh']);
  expect((await profiling).profile).toEqual(fashionProfile());
});

test('a job is removed even if the answer to its creation was lost', async () => {
  const { standIn, cluster } = await standInCluster();
  const create = cluster.create.bind(cluster);
  vi.spyOn(cluster, 'create').mockImplementationOnce(async (job) => {
    await create(job);
    throw outage();
  });
  const { signal } = new AbortController();
  const profiling = profileInJob(cluster, ask, deployed, { signal, onEvent: () => {} });
  await expect(profiling).rejects.toThrow(ClusterUnreachableError);
  expect(standIn.store.all(JOBS)).toEqual([]);
});

test.each([
  [
    'ran out of memory',
    { containerStatuses: [{ state: { terminated: { reason: 'OOMKilled' } } }] },
    'OOMKilled',
  ],
  [
    'was evicted',
    { reason: 'Evicted', message: 'The node was low on disk.' },
    'Evicted: The node was low on disk.',
  ],
])('the error says that the job %s, which its log cannot say', async (_how, status, reason) => {
  const { cluster, standIn } = await standInCluster();
  const { signal } = new AbortController();
  const failed = profileInJob(cluster, ask, deployed, { signal, onEvent: () => {} }).catch((error) => error);
  const job = await jobOf(standIn);
  runPod(standIn, job, 'Pending', 'profiling 1/4\n');
  standIn.store.setStatus(podKeyOf(job), { phase: 'Failed', ...status });
  expect((await failed).message).toMatch(new RegExp(`failed: ${reason}\nprofiling 1/4$`));
});

test('the pod of a job ends even if it measures for ever, after twice the budget and an hour, and keeps nothing', async () => {
  const { cluster, standIn } = await standInCluster();
  const stop = new AbortController();
  const listener = { signal: stop.signal, onEvent: () => {} };
  const profiling = profileInJob(cluster, { ...ask, budgetS: 0.7 }, deployed, listener).catch(
    (error) => error,
  );
  const job = await jobOf(standIn);
  expect(job.spec.template.spec).toMatchObject({ activeDeadlineSeconds: 3602 });
  runPod(standIn, job, 'Pending', `profiling 1/4\n${STOPPED}\n`);
  standIn.store.setStatus(podKeyOf(job), {
    ...{ phase: 'Failed', reason: 'DeadlineExceeded' },
    message: 'Pod was active on the node longer than the specified deadline',
  });
  expect((await profiling).message).toMatch(
    /failed: DeadlineExceeded: Pod was active on the node longer than the specified deadline\nprofiling 1\/4$/,
  );
});

test('a job whose pod is removed while it measures says so', async () => {
  const { cluster, standIn } = await standInCluster();
  const { signal } = new AbortController();
  vi.spyOn(cluster, 'logs').mockImplementation(() => {
    throw apiError(404, '{"message": "pods \\"x\\" not found"}', 'the log of Pod x');
  });
  const failed = profileInJob(cluster, ask, deployed, { signal, onEvent: () => {} }).catch((error) => error);
  runPod(standIn, await jobOf(standIn), 'Running', '');
  expect(await failed).toMatchObject({
    name: 'ProfileJobError',
    message: expect.stringContaining('the cluster has removed it'),
  });
});

test('nobody is told to remove a job that the cluster refused', async () => {
  const { cluster } = await standInCluster();
  const forbidden = apiError(403, '', 'Job fashion');
  vi.spyOn(cluster, 'create').mockRejectedValueOnce(forbidden);
  vi.spyOn(cluster, 'remove').mockRejectedValue(forbidden);
  const events: string[] = [];
  const { signal } = new AbortController();
  const profiling = profileInJob(cluster, ask, deployed, { signal, onEvent: (line) => events.push(line) });
  await expect(profiling).rejects.toBe(forbidden);
  expect(events).toEqual([]);
});
