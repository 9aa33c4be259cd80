import { describe, expect, test } from 'vitest';
import { CascadeUnsupportedError } from '../../../../agent/kubernetes/errors.ts';
import { kserveObjects } from '../../../../agent/kubernetes/objects/kserve.ts';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import type { Plan } from '../../../../solver/documents/plan.ts';
import { clusterPlan, fashion, settings } from './plans.ts';
import { kserveCheck } from './schemas.ts';

const objects = kserveObjects(clusterPlan(), fashion.pipeline, settings);
const check = kserveCheck();

describe.skipIf(check === null)("by KServe's CRDs", () => {
  test('services and graph are valid, and no field is unknown', () => {
    const ofKserve = objects.filter(({ apiVersion }) => apiVersion.startsWith('serving.kserve.io/'));
    expect(ofKserve.map(({ kind }) => kind)).toEqual([
      'InferenceService',
      'InferenceService',
      'InferenceGraph',
    ]);
    for (const object of ofKserve) expect(check!(object), object.metadata.name).toEqual([]);
  });

  test('the check sees a field that is misspelt', () => {
    const graph = structuredClone(objects.at(-1)!) as unknown as {
      spec: { nodes: { root: Record<string, unknown> } };
    };
    graph.spec.nodes.root.routertype = 'Sequence';
    expect(check!(graph as never)).toEqual([expect.stringContaining('routertype')]);
  });
});

test('the graph passes what a stage answers to the next one, by the names of the services', () => {
  const graph = objects.at(-1) as unknown as { spec: { nodes: { root: unknown } } };
  expect(graph.spec.nodes.root).toEqual({
    routerType: 'Sequence',
    steps: [
      { name: 'detect', serviceName: 'fashion-detect' },
      { name: 'classify', serviceName: 'fashion-classify', data: '$response' },
    ],
  });
});

test('services and graph need no Knative, whatever the default of KServe', () => {
  const [, ...ofKserve] = objects;
  expect(ofKserve).toHaveLength(3);
  for (const { metadata } of ofKserve)
    expect(metadata.annotations).toMatchObject({ 'serving.kserve.io/deploymentMode': 'RawDeployment' });
});

test('the pods of a graph load no standbys, because nothing in a graph would use them', () => {
  const plan = clusterPlan();
  const [detect, classify] = plan.stages;
  const { variant, sha256, serviceMs } = detect!;
  const withStandby = { ...detect!, standby: { variant, sha256, accuracy: 0.5, serviceMs } };
  const downshifting: Plan = { ...plan, stages: [withStandby, classify!], downshift: true };
  expect(kserveObjects(downshifting, fashion.pipeline, settings)).toEqual(objects);
});

test('a plan with a cascade is refused, because a graph cannot send single items on', () => {
  const plan = clusterPlan();
  const classify = plan.stages.at(-1)!;
  const heavy = {
    ...classify,
    name: 'classify-heavy',
    replicas: 1,
    escalation: { from: 'classify', below: 0.5, share: 0.2, accuracy: 0.8 },
  };
  const { backend, threads } = heavy;
  const worker = { id: 'heavy-0', backend, threads, stages: [heavy.name] };
  const cascade = { ...plan, stages: [...plan.stages, heavy], workers: [...plan.workers, worker] };
  expect(() => kserveObjects(cascade, fashion.pipeline, settings)).toThrow(CascadeUnsupportedError);
  // The objects for Kubernetes without KServe have pods for both variants.
  const deployments = kubernetesObjects(cascade, fashion.pipeline, settings).filter(
    ({ kind }) => kind === 'Deployment',
  );
  expect(deployments.map(({ metadata }) => metadata.name)).toContain('fashion-classify-heavy');
});

test('no object has the kind and name of one that ipa-agent apply makes', () => {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;
  const applied = kubernetesObjects(clusterPlan(), fashion.pipeline, settings).map(key);
  expect(objects.map(key).filter((one) => applied.includes(one))).toEqual([]);
});

test('no object has a label by which ipa-agent removes objects of its own', () => {
  for (const { metadata } of objects) {
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/instance': 'fashion' });
    expect(metadata.labels).not.toHaveProperty(['app.kubernetes.io/managed-by']);
  }
});

test('the services mount the plan of the export', () => {
  const [config, ...services] = objects as readonly {
    readonly spec?: unknown;
    readonly metadata: { name: string };
  }[];
  for (const { spec } of services.slice(0, 2))
    expect(JSON.stringify(spec)).toContain(`"configMap":{"name":"${config!.metadata.name}"`);
});

test('replicas are those of the plan', () => {
  const spec = objects.map((object) => (object as { spec?: { predictor?: { minReplicas: number } } }).spec);
  expect(spec.flatMap((s) => s?.predictor?.minReplicas ?? [])).toEqual([1, 2]);
});
