import { expect, test } from 'vitest';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { AUTOSCALER, autoscaled } from '../../../agent/kubernetes/objects/autoscaler.ts';
import { objectNames } from '../../../agent/kubernetes/objects/labels.ts';
import { podMonitor } from '../../../agent/kubernetes/objects/monitor.ts';
import { kubernetesObjects } from '../../../agent/kubernetes/objects/serving.ts';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import type { GivenSettings } from '../../../agent/kubernetes/settings.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { deployment, states } from './applied.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { clusterPlan, fashion, settings, sharedPlan } from './objects/plans.ts';

test('what a plan has left is removed with prune, and not without', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const plan = clusterPlan();
  const one: Plan = { ...plan, stages: [plan.stages[0]!], workers: [plan.workers[0]!] };
  expect(states(await engineIn(cluster).apply(one)).filter((state) => state.endsWith('pruned'))).toEqual([]);
  const dry = await engineIn(cluster).apply(one, { dryRun: true, prune: true });
  const pruned = [
    'Service fashion-classify pruned',
    'Deployment fashion-classify pruned',
    'PodDisruptionBudget fashion-classify pruned',
    'NetworkPolicy fashion-classify pruned',
  ];
  expect(states(dry)).toEqual(pruned);
  expect(await cluster.read(deployment('fashion-classify'))).not.toBeNull();
  const told: string[] = [];
  const onEvent = (what: string) => told.push(what);
  expect(states(await engineIn(cluster).apply(one, { prune: true, onEvent }))).toEqual(pruned);
  expect(told).toEqual([expect.stringMatching(/^--prune ends the pods of fashion-classify at once/)]);
  expect(await cluster.read(deployment('fashion-classify'))).toBeNull();
});

test('prune removes the autoscaler of a deployment that it removes, and no other', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const objects = kubernetesObjects(clusterPlan(), fashion.pipeline, settings);
  for (const object of autoscaled(clusterPlan(), objects))
    if (object.kind === AUTOSCALER.kind) await cluster.apply(object);
  const plan = clusterPlan();
  const one: Plan = { ...plan, stages: [plan.stages[0]!], workers: [plan.workers[0]!] };
  const pruned = states(await engineIn(cluster).apply(one, { prune: true }));
  expect(pruned.filter((state) => state.startsWith(AUTOSCALER.kind))).toEqual([
    'HorizontalPodAutoscaler fashion-classify pruned',
  ]);
  const { items } = await cluster.list({ ...AUTOSCALER, namespace: 'shop' });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['fashion-detect']);
});

test('prune leaves the objects of watch', async () => {
  const { cluster } = await standInCluster();
  const watching = watchObjects(fashionProfile(), {
    plan: clusterPlan(),
    pipeline: fashion.pipeline,
    settings,
  });
  for (const object of watching) await cluster.apply(object);
  expect(states(await engineIn(cluster).apply(clusterPlan(), { prune: true }))).not.toContainEqual(
    expect.stringContaining('pruned'),
  );
  for (const object of watching) expect(await cluster.read(object)).not.toBeNull();
});

test('pods for stages together take the place of pods for each: those serve on until they are pruned', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  await expect(engineIn(cluster).adapt(sharedPlan(), clusterPlan())).rejects.toThrow(
    /hold the stages detect, classify.*detect \+ classify/s,
  );
  const told: string[] = [];
  await engineIn(cluster).apply(sharedPlan(), { onEvent: (what) => told.push(what) });
  const kept = [
    'the pods of fashion-detect, fashion-classify keep serving: remove them with --prune once the new ones serve',
  ];
  expect(told).toEqual(kept);
  await engineIn(cluster).apply(sharedPlan(), { onEvent: (what) => told.push(what) });
  expect(told).toEqual([...kept, ...kept]);
  expect(await cluster.read(deployment('fashion-detect'))).not.toBeNull();
  const pruned = states(await engineIn(cluster).apply(sharedPlan(), { prune: true }));
  expect(pruned).toContain('Deployment fashion-detect pruned');
  expect(pruned).toContain('Service fashion-classify pruned');
  expect(states(await engineIn(cluster).adapt(sharedPlan(), sharedPlan()))).toEqual([]);
});

test('the pods of stages together are the same in whatever order the workers of an edited plan name the stages', async () => {
  const { cluster } = await standInCluster();
  const engine = engineIn(cluster);
  const { stages, workers } = sharedPlan();
  const ordered: Plan = {
    ...sharedPlan(),
    stages: stages.map((stage) => ({ ...stage, replicas: 2 })),
    workers: ['a', 'b'].map((id) => ({ ...workers[0]!, id })),
  };
  const edited: Plan = {
    ...ordered,
    workers: ordered.workers.map((worker, w) => ({
      ...worker,
      stages: w ? worker.stages : ['classify', 'detect'],
    })),
  };
  await engine.apply(ordered);
  expect(states(await engine.apply(edited))).toEqual(['ConfigMap fashion-plan changed']);
  expect(states(await engine.adapt(ordered, edited))).toEqual(['ConfigMap fashion-plan changed']);
  await engine.apply(edited);
  expect(await engine.removeEarlierPods(false)).toEqual([]);
});

/** Makes the pods that stages share as an earlier version of the agent did: with another name. */
async function applyAsBefore(cluster: KubernetesApi) {
  await engineIn(cluster).apply(sharedPlan());
  const named = deployment(objectNames('fashion').pods(['detect', 'classify']));
  const { metadata, ...object } = (await cluster.read(named))!;
  const old = { ...deployment('fashion-detect-classify-old').metadata, labels: metadata.labels! };
  await cluster.apply({ ...object, metadata: old });
  await cluster.remove(named);
  return named.metadata.name;
}

test('apply tells of pods that an earlier version of the agent named otherwise', async () => {
  const { cluster } = await standInCluster();
  await applyAsBefore(cluster);
  const told: string[] = [];
  await engineIn(cluster).apply(sharedPlan(), { onEvent: (what) => told.push(what) });
  expect(told).toEqual([
    expect.stringMatching(/^the pods of fashion-detect-classify-old keep serving: .*--prune/),
  ]);
});

test('a plan is not adapted where its pods are missing, and the reason names them', async () => {
  const { cluster } = await standInCluster();
  const name = await applyAsBefore(cluster);
  await expect(engineIn(cluster).adapt(sharedPlan(), sharedPlan())).rejects.toThrow(
    `The Deployment ${name} is missing`,
  );
});

test("a monitor is refused where Prometheus' operator is not installed, and nothing is changed", async () => {
  const { cluster, standIn } = await standInCluster();
  const monitored = engineIn(cluster, { ...settings, monitor: 'monitoring' });
  await expect(monitored.apply(clusterPlan())).rejects.toThrow(
    /PodMonitor fashion: the server could not find/,
  );
  expect(standIn.store.get('api/v1/namespaces/shop/configmaps/fashion-plan')).toBeUndefined();
});

/** The part of the CRD of Prometheus' operator that the stand-in needs. */
const monitorDefinition = () => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'podmonitors.monitoring.coreos.com' },
  spec: {
    group: 'monitoring.coreos.com',
    names: { plural: 'podmonitors' },
    versions: [
      {
        name: 'v1',
        schema: { openAPIV3Schema: { properties: { apiVersion: {}, kind: {}, metadata: {}, spec: {} } } },
      },
    ],
  },
});

test('a monitor ends with the plan that has it, and prune finds one that is left', async () => {
  const { cluster, standIn } = await standInCluster();
  standIn.define(monitorDefinition());
  const pruned = ['PodMonitor fashion pruned'];
  const removed = async (given: GivenSettings, prune = false) =>
    states(await engineIn(cluster, given).apply(clusterPlan(), { prune })).filter((state) =>
      state.endsWith('pruned'),
    );
  const monitored = { ...settings, monitor: 'monitoring' };
  expect(await removed(monitored, true)).toEqual([]);
  expect(await removed(settings)).toEqual(pruned);
  expect(await removed(settings)).toEqual([]);
  await cluster.apply(podMonitor('fashion', settings));
  expect(await removed(settings, true)).toEqual(pruned);
});
