import { expect, test } from 'vitest';
import { Telemetry } from '../../../../agent/http/telemetry.ts';
import { autoscaled } from '../../../../agent/kubernetes/objects/autoscaler.ts';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import { Pipeline } from '../../../../models/manifests/pipeline.ts';
import { clusterPlan, fashion, settings, sharedPlan } from './plans.ts';
import { kubernetesCheck } from './schemas.ts';

const check = kubernetesCheck();
const plan = clusterPlan({ resources: { ...clusterPlan().resources, cores: 12 } });
const of = (some = plan) => autoscaled(some, kubernetesObjects(some, fashion.pipeline, settings));
// biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
const kinds = (kind: string, some = plan): any[] => of(some).filter((object) => object.kind === kind);

test('each stage has an autoscaler of its deployment, which runs as many pods as the gateways foresee', () => {
  const [detect, classify] = kinds('HorizontalPodAutoscaler');
  expect(detect.spec.scaleTargetRef).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'fashion-detect',
  });
  expect(classify.metadata).toMatchObject({ name: 'fashion-classify', namespace: 'shop' });
  // Each pod has two threads, and the plan has 12 cores.
  expect([detect.spec.minReplicas, detect.spec.maxReplicas]).toEqual([1, 6]);
  const [{ external }] = classify.spec.metrics;
  expect(external.metric).toEqual({
    name: 'ipa_edge_stage_replicas_foreseen',
    selector: { matchLabels: { pipeline: 'fashion', stage: 'classify' } },
  });
  expect(external.target).toEqual({ type: 'AverageValue', averageValue: '1' });
});

test('an autoscaler of a stage on GPUs runs at most as many pods as the plan has GPUs, but no fewer than the plan wants', () => {
  const most = (gpus: number) => {
    const stages = plan.stages.map((stage) => ({ ...stage, backend: 'cuda' as const }));
    const onGpus = { ...plan, stages, resources: { ...plan.resources, gpus } };
    return kinds('HorizontalPodAutoscaler', onGpus).map(({ spec }) => spec.maxReplicas);
  };
  expect(most(3)).toEqual([3, 3]);
  // Stages that take turns on one GPU of the device get a GPU for each pod.
  expect(most(1)).toEqual([1, 2]);
});

test('the deployments of the stages leave their number of pods to the autoscalers, the gateways keep theirs', () => {
  const replicas = Object.fromEntries(
    kinds('Deployment').map(({ metadata, spec }) => [metadata.name, spec.replicas]),
  );
  expect(replicas).toEqual({
    'fashion-detect': undefined,
    'fashion-classify': undefined,
    'fashion-gateway': 2,
  });
});

test('stages that share their pods share an autoscaler', () => {
  expect(kinds('HorizontalPodAutoscaler', sharedPlan())).toHaveLength(1);
});

test('the selector and the metric have the same labels, which Kubernetes takes, whatever the names', async () => {
  const [pipeline, detect] = ['a-', 'd'.repeat(64)];
  const odd = JSON.parse(
    JSON.stringify({ ...plan, pipeline }).replaceAll('"detect"', JSON.stringify(detect)),
  ) as typeof plan;
  const manifest = { ...fashion.manifest, name: pipeline };
  const [first] = manifest.stages;
  const stages = [{ ...first!, name: detect }, ...manifest.stages.slice(1)];
  const all = autoscaled(odd, kubernetesObjects(odd, new Pipeline({ ...manifest, stages }), settings));
  const [autoscaler] = all.filter(({ kind }) => kind === 'HorizontalPodAutoscaler') as ReturnType<
    typeof kinds
  >;
  const { matchLabels } = autoscaler.spec.metrics[0].external.metric.selector;
  const state = { plan: odd, queued: [0, 0], replicas: [1, 1], open: 0, foreseen: odd.stages };
  const metrics = await new Telemetry([], []).text(state);
  for (const value of Object.values<string>(matchLabels))
    expect(value).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
  expect(metrics).toContain(
    `ipa_edge_stage_replicas_foreseen{pipeline="${matchLabels.pipeline}",stage="${matchLabels.stage}"} 1`,
  );
});

test.skipIf(check === null)(
  'by the OpenAPI of Kubernetes 1.34 every object is valid, and no field is unknown',
  () => {
    const known = of().filter(check!.knows);
    expect(known.some(({ kind }) => kind === 'HorizontalPodAutoscaler')).toBe(true);
    for (const object of known) expect(check!(object), object.kind).toEqual([]);
  },
);
