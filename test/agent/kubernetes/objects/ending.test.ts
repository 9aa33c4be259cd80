import { expect, test } from 'vitest';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import { Pipeline } from '../../../../models/manifests/pipeline.ts';
import { clusterPlan, fashion, find, objects, settings } from './plans.ts';

const PODS = ['fashion-detect', 'fashion-classify', 'fashion-gateway'];

test('pods are asked whether they live and are ready, leave before they end, and are not drained all at once', () => {
  for (const name of PODS) {
    const { spec } = find(objects(), 'Deployment', name).spec.template;
    const [container] = spec.containers;
    const asked = ['startupProbe', 'livenessProbe', 'readinessProbe'].map(
      (probe) => container[probe].httpGet.path,
    );
    expect(asked).toEqual(['/v2/health/live', '/v2/health/live', '/v2/health/ready']);
    // A pod that ends needs time after its preStop hook to answer the requests that it has accepted. A gateway has no such hook,
    // because its process serves on for a while by itself.
    const seconds = container.lifecycle?.preStop.sleep.seconds;
    if (name === 'fashion-gateway') expect(seconds).toBeUndefined();
    else expect(seconds).toBeLessThan(spec.terminationGracePeriodSeconds / 2);
  }
  for (const part of ['detect', 'classify', 'gateway'])
    expect(find(objects(), 'PodDisruptionBudget', `fashion-${part}`).spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: find(objects(), 'Deployment', `fashion-${part}`).spec.selector,
    });
});

test('an ending pod has as long as the SLA to answer what it accepted, after the time for which it still serves', () => {
  for (const name of PODS) {
    const { spec } = find(objects(clusterPlan({ slaMs: 120_000 })), 'Deployment', name).spec.template;
    const leaveS = spec.containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
    // A gateway serves on for 5 s after SIGTERM, and clients have 5 s to read their last answers.
    expect(spec.terminationGracePeriodSeconds - leaveS).toBeGreaterThanOrEqual(130);
  }
});

test('few changes of the SLA replace pods', () => {
  const pods = (slaMs: number) =>
    PODS.map((name) => find(objects(clusterPlan({ slaMs })), 'Deployment', name).spec.template);
  expect(pods(4100)).toEqual(pods(250));
});

test('a pod of large models leaves later, because another pod takes as long to load them', () => {
  const [detect, ...others] = fashion.manifest.stages;
  const large = detect!.variants.map((variant) => ({
    ...variant,
    sessions: { model: { ...Object.values(variant.sessions)[0]!, sizeBytes: 2 ** 30 } },
  }));
  const manifest = { ...fashion.manifest, stages: [{ ...detect!, variants: large }, ...others] };
  const leaveS = (pipeline: Pipeline) => {
    const { spec } = find(kubernetesObjects(clusterPlan(), pipeline, settings), 'Deployment', PODS[0]!).spec
      .template;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(
      spec.containers[0].lifecycle.preStop.sleep.seconds + 60,
    );
    return spec.containers[0].lifecycle.preStop.sleep.seconds;
  };
  expect(leaveS(fashion.pipeline)).toBe(30);
  expect(leaveS(new Pipeline(manifest as typeof fashion.manifest))).toBe(50);
});
