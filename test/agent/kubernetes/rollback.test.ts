import { expect, test } from 'vitest';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { changed, deployment } from './applied.ts';
import { appliedIn, engineIn, nodeLabels, standInCluster } from './cluster.ts';
import { clusterPlan, fashion, settings } from './objects/plans.ts';
import { addNode } from './stand-in/nodes.ts';
import type { StandIn } from './stand-in/server.ts';

test('the plan before is kept to go back to, and going back can be undone', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  expect((await appliedIn(cluster)).previous).toBeNull();
  await engineIn(cluster).apply(changed({ replicas: 4 }));
  await engineIn(cluster).apply(changed({ replicas: 4 }));
  await engineIn(cluster).apply((await appliedIn(cluster)).previous!);
  const { current, previous } = await appliedIn(cluster);
  expect(current!.stages.map(({ replicas }) => replicas)).toEqual([1, 2]);
  expect(previous!.stages.map(({ replicas }) => replicas)).toEqual([4, 4]);
});

test('a rollback brings back the image and the settings that the plan had', async () => {
  const { cluster, standIn } = await standInCluster();
  for (const zone of ['a', 'b']) addNode(standIn, zone, { labels: { ...nodeLabels(), zone } });
  await engineIn(cluster, { image: 'good', nodeSelector: { zone: 'a' } }).apply(clusterPlan());
  await engineIn(cluster, { image: 'bad', nodeSelector: { zone: 'b' } }).apply(clusterPlan());
  const { plan } = await engineIn(cluster, {}).rollBack();
  expect(plan).toEqual(clusterPlan());
  const template = JSON.stringify((await cluster.read(deployment('fashion-detect')))!.spec);
  expect(template).toContain('"image":"good"');
  expect(template).toContain('"zone":"a"');
  await engineIn(cluster, {}).rollBack();
  expect((await appliedIn(cluster)).settings!.image).toBe('bad');
});

test('a rollback brings back the image from before a bad one, although the plan was adapted twice since', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster, { ...settings, image: 'good' }).apply(clusterPlan());
  await engineIn(cluster, { ...settings, image: 'bad' }).apply(clusterPlan());
  const engine = engineIn(cluster, {});
  await engine.adapt(changed({ replicas: 3 }), clusterPlan());
  await engine.adapt(changed({ replicas: 4 }), changed({ replicas: 3 }));
  await engine.rollBack();
  const { spec } = (await cluster.read(deployment('fashion-detect')))!;
  expect(spec).toMatchObject({ replicas: 1, template: { spec: { containers: [{ image: 'good' }] } } });
  const { previous, previousSettings } = await appliedIn(cluster);
  expect([previous, previousSettings!.image]).toEqual([changed({ replicas: 4 }), 'bad']);
});

/** Sets how far Kubernetes has replaced the pods of `detect`. */
const progress = ({ store }: StandIn, reason: string) =>
  store.setStatus('apis/apps/v1/namespaces/shop/deployments/fashion-detect', {
    conditions: [{ type: 'Progressing', status: 'True', reason }],
  });

test('a rollback passes over an image whose pods never served', async () => {
  const { cluster, standIn } = await standInCluster();
  const apply = (image: string) => engineIn(cluster, { ...settings, image }).apply(clusterPlan());
  await apply('good');
  progress(standIn, 'NewReplicaSetAvailable');
  await apply('bad');
  progress(standIn, 'ProgressDeadlineExceeded');
  await apply('next');
  await engineIn(cluster, {}).rollBack();
  expect((await appliedIn(cluster)).settings!.image).toBe('good');
});

test('a rollback with a manifest that lacks a stage of the plan is refused, and nothing is changed', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  await engineIn(cluster).apply(changed({ replicas: 3 }));
  const { version } = standIn.store;
  const pipeline = new Pipeline({ ...fashion.manifest, stages: fashion.manifest.stages.slice(0, 1) });
  const engine = new KubernetesEngine(cluster, { pipeline, namespace: 'shop' });
  await expect(engine.rollBack()).rejects.toThrow(/has the stages classify, which the manifest/);
  expect(standIn.store.version).toBe(version);
});
