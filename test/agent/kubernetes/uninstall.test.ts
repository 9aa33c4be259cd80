import { expect, test, vi } from 'vitest';
import { ApiError } from '../../../agent/kubernetes/errors.ts';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { RESOURCE, resourceDefinition } from '../../../agent/kubernetes/resource/schema.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { clusterPlan, fashion, settings } from './objects/plans.ts';

/**
 * Makes a cluster with a pipeline that is served and watched, with the Lease that its `watch` leaves behind, and with two
 * ConfigMaps that ipa-edge did not make.
 */
async function installed() {
  const { standIn, cluster } = await standInCluster();
  const mine = { 'app.kubernetes.io/part-of': 'fashion' };
  for (const [name, labels] of Object.entries({ none: {}, 'of-another-tool': mine })) {
    const metadata = { name, namespace: 'shop', labels };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} });
  }
  await cluster.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'fashion-watch', namespace: 'shop' },
    spec: {},
  });
  const left = () =>
    [...standIn.store.all('api'), ...standIn.store.all('apis')].flatMap(({ kind, metadata }) =>
      kind === 'Node' ? [] : [`${kind} ${metadata.name}`],
    );
  const before = left();
  await engineIn(cluster).apply(clusterPlan());
  for (const object of watchObjects(fashionProfile(), {
    plan: clusterPlan(),
    pipeline: fashion.pipeline,
    settings,
  }))
    await cluster.apply(object);
  return { cluster, left, before };
}

test('all that a pipeline has in a cluster is removed, and nothing of others', async () => {
  const { cluster, left, before } = await installed();
  const there = left().length;
  const removed = await engineIn(cluster).remove({ dryRun: false });
  expect(left()).toEqual(before.filter((name) => name !== 'Lease fashion-watch'));
  expect(removed).toHaveLength(there - left().length);
  expect(removed[0]).toMatchObject({ kind: 'Deployment', state: 'pruned' });
  expect(await engineIn(cluster).remove({ dryRun: false })).toEqual([]);
});

test('an account without rights on the kinds of CRDs removes all else', async () => {
  const { cluster, left, before } = await installed();
  const [read, list] = [cluster.read.bind(cluster), cluster.list.bind(cluster)];
  const refused = ({ kind }: { readonly kind: string }) =>
    ['InferencePipeline', 'PodMonitor'].includes(kind)
      ? Promise.reject(new ApiError(403, `${kind} is forbidden`))
      : null;
  vi.spyOn(cluster, 'read').mockImplementation((ref) => refused(ref) ?? read(ref));
  vi.spyOn(cluster, 'list').mockImplementation((ref) => refused(ref) ?? list(ref));
  await engineIn(cluster).remove({ dryRun: false });
  expect(left()).toEqual(before.filter((name) => name !== 'Lease fashion-watch'));
});

test('a dry run tells what would be removed, and removes nothing', async () => {
  const { cluster, left } = await installed();
  const there = left();
  const told = await engineIn(cluster).remove({ dryRun: true });
  expect(told.map(({ kind, name }) => `${kind} ${name}`)).toContain('Secret fashion-token');
  expect(left()).toEqual(there);
});

test('the InferencePipeline goes first, so that watch does not serve it again', async () => {
  const { standIn, cluster } = await standInCluster();
  standIn.define(resourceDefinition());
  await engineIn(cluster).apply(clusterPlan());
  await cluster.apply({
    ...RESOURCE,
    metadata: { name: 'fashion', namespace: 'shop' },
    spec: { slaMs: 100, ratePerS: 1 },
  });
  const [first] = await engineIn(cluster).remove({ dryRun: false });
  expect(first).toMatchObject({ kind: 'InferencePipeline', name: 'fashion' });
});
