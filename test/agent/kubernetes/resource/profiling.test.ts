import { expect, test, vi } from 'vitest';
import { ApiError, ClusterUnreachableError } from '../../../../agent/kubernetes/errors.ts';
import { profileJob } from '../../../../agent/kubernetes/objects/profile-job.ts';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { until } from '../../../until.ts';
import { JOBS, jobOf, leavePodPending, podKeyOf, runPod } from '../jobs.ts';
import { fashion, settings } from '../objects/plans.ts';
import { currentPlan } from '../watched.ts';
import { conditionOf, jobsMade, reasonsOf, spec, statusOf, watched } from './reconciled.ts';

/** An InferencePipeline's profile: when a job measures one, and what the condition Profiled says. */

test('while no node has the cores to measure, the condition says so', async () => {
  const { standIn, apply } = await watched();
  await apply(spec);
  const job = await jobOf(standIn);
  const profiled = () => conditionOf(standIn, 'Profiled')?.message;
  leavePodPending(standIn, job);
  await until(() =>
    expect(profiled()).toMatch(/^A job measures the models\. Pod .* waits: .*Insufficient cpu/),
  );
  standIn.store.setStatus(podKeyOf(job), { phase: 'Running' });
  await until(() => expect(profiled()).toBe('A job measures the models.'));
});

test.each([
  ['what the profile measures', { profile: { batches: [1, 2] } }],
  ['the nodes', { nodeSelector: { disk: 'ssd' } }],
])('if %s change, the models are measured again, and the plan serves meanwhile', async (_, changed) => {
  const { standIn, cluster, apply, profiled, planned } = await watched();
  await planned();
  await apply({ ...spec, ...changed });
  await until(() => expect(reasonsOf(standIn).Profiled).toBe('False Profiling'));
  expect((await currentPlan(cluster)).slaMs).toBe(300);
  await profiled();
  await until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
  expect(statusOf(standIn).observedGeneration).toBe(2);
});

test('a spec that changes while a job measures is planned on the profile of that job, unless it asks for other measurements', async () => {
  const { standIn, cluster, apply, profiled } = await watched();
  await apply(spec);
  await jobOf(standIn);
  await apply({ ...spec, profile: { batches: [1, 2] } });
  await until(() => expect(jobsMade(standIn)).toBe(2));
  await until(() => expect(standIn.store.all(JOBS)).toHaveLength(1));
  await apply({ ...spec, profile: { batches: [1, 2] }, slaMs: 250 });
  await apply({ ...spec, profile: { batches: [1, 2] }, slaMs: 150 });
  await profiled();
  await until(async () => expect((await currentPlan(cluster)).slaMs).toBe(150));
  expect(jobsMade(standIn)).toBe(2);
  await until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
  expect(conditionOf(standIn, 'Planned')!.observedGeneration).toBe(4);
});

test('a profile that the cluster keeps, but nobody can read, is told, and measured again', async () => {
  const { standIn, cluster, events, apply, profiled, planned } = await watched();
  await planned();
  const kept = standIn.store.get('api/v1/namespaces/shop/configmaps/fashion-profile')!;
  kept.binaryData = { 'profile.json.gz': Buffer.from('no profile').toString('base64') };
  await apply({ ...spec, slaMs: 250 });
  await until(() => expect(jobsMade(standIn)).toBe(1));
  await profiled();
  await until(async () => expect((await currentPlan(cluster)).slaMs).toBe(250));
  expect(events.join('\n')).toMatch(/ConfigMap fashion-profile has no profile that can be read/);
});

test('a job that watch could not remove during an outage ends before another one measures, and a job of a user goes on', async () => {
  const { standIn, cluster, apply, stop, ended } = await watched();
  await apply(spec);
  const left = await jobOf(standIn);
  runPod(standIn, left, 'Running', '');
  const ask = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 2, seed: 1 } as const;
  const users = await cluster.create(profileJob(ask, fashion.pipeline, settings, 'user'));
  const namesOf = (some: readonly KubernetesObject[]) => some.map(({ metadata }) => metadata.name);
  const jobs = () => namesOf(standIn.store.all(JOBS));
  const outage = new ClusterUnreachableError(standIn.url, 'it is down');
  vi.spyOn(cluster, 'remove').mockRejectedValueOnce(outage);
  stop.abort();
  await ended;
  expect(jobs()).toEqual(namesOf([left, users]));
  await watched(undefined, { standIn, cluster });
  await until(() => expect(jobsMade(standIn)).toBe(3));
  await until(() => expect(jobs()).toHaveLength(2));
  expect(jobs()).toContain(users.metadata.name);
  expect(jobs()).not.toContain(left.metadata.name);
});

test('a job that fails is told, and another one profiles', async () => {
  const { standIn, apply, profiled } = await watched();
  await apply(spec);
  const first = await jobOf(standIn);
  runPod(standIn, first, 'Failed', 'out of memory\n');
  await until(() => expect(conditionOf(standIn, 'Profiled')?.message).toContain('out of memory'));
  await until(() =>
    expect(standIn.store.all(JOBS).map(({ metadata }) => metadata.name)).not.toContain(first.metadata.name),
  );
  await until(() => expect(standIn.store.all(JOBS)).toHaveLength(1));
  await profiled();
  await until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
});

test('a profile that the cluster does not keep serves this watch: one job measures, every spec is planned, and the status says why', async () => {
  const { standIn, cluster, apply, measured } = await watched();
  const applyAny = cluster.apply.bind(cluster);
  vi.spyOn(cluster, 'apply').mockImplementation(async (object, options) => {
    if (object.metadata.name === 'fashion-profile') throw new ApiError(413, 'the ConfigMap is too large');
    return applyAny(object, options);
  });
  await measured();
  expect(conditionOf(standIn, 'Profiled')).toMatchObject({
    status: 'True',
    message: expect.stringContaining('the ConfigMap is too large'),
  });
  await apply({ ...spec, slaMs: 150 });
  await until(async () => expect((await currentPlan(cluster)).slaMs).toBe(150));
  expect(jobsMade(standIn)).toBe(1);
});
