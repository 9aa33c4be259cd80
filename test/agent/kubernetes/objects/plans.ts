import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { loadManifest } from '../../../../models/manifests/load.ts';
import type { Plan } from '../../../../solver/documents/plan.ts';
import { handPlan } from '../../../workers/hand-plan.ts';

export const fashionManifest = fileURLToPath(
  new URL('../../../../models/fashion/manifest.json', import.meta.url),
);

export const fashion = await loadManifest(fashionManifest, (path) => readFile(path));

export const settings = {
  namespace: 'shop',
  image: 'ipa-edge:test',
  manifest: 'models/fashion/manifest.json',
  modelsClaim: null,
  nodeSelector: { 'node.kubernetes.io/instance-type': 'edge' },
  pullSecrets: [],
  tolerations: [],
  priorityClass: null,
  gateways: 2,
  monitor: null,
};

/** Makes a plan in which both stages share one worker. */
export const sharedPlan = (): Plan => {
  const plan = clusterPlan();
  return {
    ...plan,
    stages: plan.stages.map((stage) => ({ ...stage, replicas: 1, threads: 1 })),
    workers: [{ id: 'cpu-0', backend: 'cpu', threads: 1, stages: ['detect', 'classify'] }],
  };
};

/** Makes a plan with one replica of detect and two of classify, with two threads each. */
export function clusterPlan(change: Partial<Plan> = {}): Plan {
  const plan = handPlan(fashion, {
    backend: 'cpu',
    shedding: 'late',
    slaMs: 250,
    workers: [['detect'], ['classify'], ['classify']],
  });
  const { device } = plan.profile;
  return {
    ...plan,
    profile: { ...plan.profile, device: { ...device, platform: 'linux x64, some CPU' } },
    resources: { ...plan.resources, cores: 64 },
    stages: plan.stages.map((stage) => ({ ...stage, threads: 2 })),
    workers: plan.workers.map((worker) => ({ ...worker, threads: 2 })),
    ...change,
  };
}

export const objects = (plan = clusterPlan()): KubernetesObject[] =>
  kubernetesObjects(plan, fashion.pipeline, settings);

// biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
export const find = (all: readonly KubernetesObject[], kind: string, name: string): any =>
  all.find((object) => object.kind === kind && object.metadata.name === name);
