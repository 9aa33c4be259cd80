import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { NotDeployableError } from '../../../../agent/cluster/errors.ts';
import { replicaPlan, sameResources } from '../../../../agent/cluster/replica-plan.ts';
import { ProfileTooLargeError } from '../../../../agent/kubernetes/errors.ts';
import { objectNames, podLabels } from '../../../../agent/kubernetes/objects/labels.ts';
import { profileJob } from '../../../../agent/kubernetes/objects/profile-job.ts';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { watchObjects } from '../../../../agent/kubernetes/objects/watch.ts';
import { claimSettings } from '../../../../agent/kubernetes/settings.ts';
import { Pipeline } from '../../../../models/manifests/pipeline.ts';
import { type Plan, parsePlan } from '../../../../solver/documents/plan.ts';
import type { Profile } from '../../../../solver/documents/profile.ts';
import { seededRandom } from '../../../../solver/math/random.ts';
import { fashionProfile } from '../fashion-profile.ts';
import { clusterPlan, fashion, find, objects, settings, sharedPlan } from './plans.ts';
import { kubernetesCheck } from './schemas.ts';

const served = { plan: clusterPlan(), pipeline: fashion.pipeline, settings };

const check = kubernetesCheck();

describe.skipIf(check === null)('by the OpenAPI of Kubernetes 1.34', () => {
  test('every object of the groups at hand is valid, and no field is unknown', () => {
    const known = objects().filter(check!.knows);
    expect(known.length).toBeGreaterThan(8);
    for (const object of known) expect(check!(object), object.kind).toEqual([]);
  });

  test('the check sees a field that is misspelt', () => {
    const deployment = structuredClone(find(objects(), 'Deployment', 'fashion-detect'));
    deployment.spec.template.spec.containers[0].readinesProbe = {};
    expect(check!(deployment)).toEqual([expect.stringContaining('readinesProbe')]);
  });
});

test('watch in the cluster is two pods with the profile, which a ConfigMap holds compressed', () => {
  const profile = fashionProfile();
  const all = watchObjects(profile, served);
  const { binaryData } = find(all, 'ConfigMap', 'fashion-watch');
  const kept = gunzipSync(Buffer.from(binaryData['profile.json.gz'], 'base64')).toString();
  expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(profile)));
  const { spec } = find(all, 'Deployment', 'fashion-watch');
  expect(spec.replicas).toBe(2);
  expect(spec.template.spec.containers[0].args).toContain('/etc/ipa-edge/profile.json.gz');
  for (const object of all.filter((one) => check?.knows(one)))
    expect(check!(object), object.kind).toEqual([]);
});

test('a profile that no ConfigMap can hold is refused with a remedy', () => {
  const profile = fashionProfile();
  const random = seededRandom(1);
  const noise = Array.from({ length: 10_000 }, () => random());
  const cells = profile.cells.map((cell) => ({ ...cell, inferenceMs: noise, handlingMs: noise }));
  expect(() => watchObjects({ ...profile, cells } as Profile, served)).toThrow(ProfileTooLargeError);
});

test('the objects of stages named gateway and watch have other names than those of the gateways and of watch', () => {
  const renamed = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll('"detect"', '"gateway"').replaceAll('"classify"', '"watch"'));
  const of = {
    plan: renamed(clusterPlan()),
    pipeline: new Pipeline(renamed(fashion.manifest)),
    settings,
  };
  const all = [
    ...kubernetesObjects(of.plan, of.pipeline, settings),
    ...watchObjects(renamed(fashionProfile()), of),
  ];
  const keys = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(keys.filter((key, i) => keys.indexOf(key) < i)).toEqual([]);
});

test('pods that stages b and c share have other names and labels than those of a stage b_c', () => {
  const { pods, service } = objectNames('p');
  expect(
    new Set([pods(['b', 'c']), pods(['b_c']), service(['b', 'c'], 'c'), service(['b_c'], 'b_c')]).size,
  ).toBe(3);
  expect(podLabels('p', ['b', 'c'])).not.toEqual(podLabels('p', ['b_c']));
});

test('a stage is a deployment with the replicas and the cores of the plan', () => {
  const classify = find(objects(), 'Deployment', 'fashion-classify');
  expect(classify.spec.replicas).toBe(2);
  const [container] = classify.spec.template.spec.containers;
  expect(container.resources.requests.cpu).toBe('2');
  expect(container.resources.requests.memory).toBe(container.resources.limits.memory);
  expect(classify.spec.template.spec.nodeSelector).toEqual({
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node.kubernetes.io/instance-type': 'edge',
  });
  expect(find(objects(), 'Service', 'fashion-classify').spec.clusterIP).toBe('None');
});

test('the pods of a plan for arm64 run on such nodes', () => {
  const { profile } = clusterPlan();
  const device = { ...profile.device, platform: 'linux arm64' };
  const all = objects(clusterPlan({ profile: { ...profile, device } }));
  for (const name of ['fashion-detect', 'fashion-gateway'])
    expect(find(all, 'Deployment', name).spec.template.spec.nodeSelector).toMatchObject({
      'kubernetes.io/arch': 'arm64',
    });
});

test('stages that share a worker are one pod, which each stage finds by a Service of its own', () => {
  const all = objects(sharedPlan());
  const [deployment, ...others] = all.filter(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name !== 'fashion-gateway',
    // biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
  ) as any[];
  expect(others).toEqual([]);
  const { replicas, selector, template } = deployment.spec;
  const [container] = template.spec.containers;
  expect([replicas, container.resources.requests.cpu]).toEqual([1, '1']);
  expect(container.args.slice(0, 5)).toEqual(['stage', '--stage', 'detect', '--stage', 'classify']);
  const services = all.filter(
    ({ kind, metadata }) => kind === 'Service' && metadata.name !== 'fashion-gateway',
  );
  expect(services.map(({ metadata }) => metadata.labels!['ipa-edge/stage'])).toEqual(['detect', 'classify']);
  for (const { spec } of services)
    expect((spec as { selector: unknown }).selector).toEqual(selector.matchLabels);
  expect(template.metadata.labels).toMatchObject(selector.matchLabels);
  // The Services of a plan without shared workers have other names, so that its pods can serve beside the pods of this plan.
  const apart = objects().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const names = services.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  for (const name of names) expect(apart).not.toContain(name);
  for (const object of all.filter((one) => check?.knows(one)))
    expect(check!(object), object.kind).toEqual([]);
});

test('metrics are read by the Prometheus of a namespace, and by nothing else, where one is named', () => {
  const monitored = kubernetesObjects(clusterPlan(), fashion.pipeline, {
    ...settings,
    monitor: 'monitoring',
  });
  const { spec } = find(monitored, 'PodMonitor', 'fashion');
  expect(spec.podMetricsEndpoints).toEqual([{ port: 'http', path: '/metrics' }]);
  const { metadata } = find(monitored, 'Deployment', 'fashion-detect').spec.template;
  expect(metadata.labels).toMatchObject(spec.selector.matchLabels);
  expect(spec.selector.matchExpressions[0].values).toContain(metadata.labels['ipa-edge/part']);
  const from = (all: KubernetesObject[]) => find(all, 'NetworkPolicy', 'fashion-detect').spec.ingress[0].from;
  expect(from(monitored)).toContainEqual({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
  });
  expect(from(objects())).toHaveLength(1);
  expect(objects().some(({ kind }) => kind === 'PodMonitor')).toBe(false);
  for (const object of monitored.filter((one) => check?.knows(one)))
    expect(check!(object), object.kind).toEqual([]);
});

test('a GPU that stages share is asked for once', () => {
  const plan = sharedPlan();
  const onGpu = (of: object) => ({ ...of, backend: 'cuda' as const });
  const shared = { ...plan, stages: plan.stages.map(onGpu), workers: plan.workers.map(onGpu) } as Plan;
  const asked = JSON.stringify(objects(shared)).match(/"limits":\{[^}]*nvidia.com\/gpu/g);
  expect(asked).toHaveLength(1);
});

test('a change of variant and batch leaves the pods as they are', () => {
  const before = clusterPlan();
  const after = clusterPlan({
    stages: before.stages.map((stage) => ({ ...stage, batch: 2, variant: 'other', sha256: '1'.repeat(64) })),
  });
  const pods = (plan: typeof before) =>
    objects(plan)
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => (spec as { template: unknown }).template);
  expect(pods(after)).toEqual(pods(before));
  expect(before.stages.every((stage, s) => sameResources(stage, after.stages[s]!))).toBe(true);
  const more = { ...before.stages[0]!, threads: 4 };
  expect(sameResources(before.stages[0]!, more)).toBe(false);
});

const measuring = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 10, seed: 1 } as const;

/** The objects of the plan, of watch, and of the job that profiles. */
const everything = (of = settings) => [
  ...kubernetesObjects(clusterPlan(), fashion.pipeline, of),
  ...watchObjects(fashionProfile(), { ...served, settings: of }),
  profileJob(measuring, fashion.pipeline, of, 'abcd'),
];

/** Everything that runs pods: gateways, stages, watch, and the job that profiles. */
const workloads = (of = settings) =>
  everything(of)
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    // biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
    .map((object) => [object.metadata.name, object as any] as const);

test.each(workloads())('pods of %s keep the Pod Security Standard "restricted"', (_, { spec }) => {
  const pod = spec.template.spec;
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  for (const id of ['runAsUser', 'runAsGroup']) expect(pod.securityContext[id], id).toBeGreaterThan(0);
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers', 'ephemeralContainers'])
    expect(pod).not.toHaveProperty(field);
  for (const { name: _, ...source } of pod.volumes)
    expect(['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim']).toEqual(
      expect.arrayContaining(Object.keys(source)),
    );
  for (const { securityContext, ports = [] } of pod.containers) {
    // The pods are stricter than the standard: they can write only to /tmp.
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const port of ports) expect(port).not.toHaveProperty('hostPort');
  }
});

const recommended = (name: string) => ({
  'app.kubernetes.io/name': 'ipa-edge',
  'app.kubernetes.io/instance': 'fashion',
  'app.kubernetes.io/part-of': 'fashion',
  'app.kubernetes.io/managed-by': 'ipa-agent',
  'app.kubernetes.io/component': /gateway|watch|profile|plan/.exec(name)?.[0] ?? 'stage',
});

test('every object has the labels that Kubernetes recommends', () => {
  for (const { kind, metadata } of everything())
    expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject(recommended(metadata.name));
});

test.each(workloads())('pods of %s have the labels that Kubernetes recommends', (name, { spec }) => {
  expect(spec.template.metadata.labels).toMatchObject(recommended(name));
});

test.each(workloads().filter(([, { kind }]) => kind === 'Deployment'))(
  'pods of %s spread over nodes, as far as there are some',
  (_, { spec }) => {
    expect(spec.template.spec.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: spec.selector,
      },
    ]);
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  },
);

test('only gateways and watch have a token of the API, by which gateways may only read', () => {
  for (const [name, { spec }] of workloads())
    expect(spec.template.spec.automountServiceAccountToken, name).toBe(/gateway|watch/.test(name));
  const { rules } = find(objects(), 'Role', 'fashion-gateway');
  expect(new Set(rules.flatMap((rule: { verbs: string[] }) => rule.verbs))).toEqual(
    new Set(['list', 'watch']),
  );
});

test('the job that profiles a pipeline with a long name has a name that Kubernetes takes, and each job its own', () => {
  const pipeline = new Pipeline({ ...fashion.manifest, name: 'p'.repeat(64) });
  const names = ['12345678', '12345679'].map(
    (suffix) => profileJob(measuring, pipeline, settings, suffix).metadata.name,
  );
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
  expect(new Set(names).size).toBe(2);
});

test('models come from a volume where a claim is given: every pod reads it, the one that profiles too, and none writes', () => {
  const reading = workloads({ ...settings, ...claimSettings('shop-models') } as typeof settings);
  for (const [, workload] of reading) {
    const { spec } = workload.spec.template;
    const [{ args, volumeMounts }] = spec.containers;
    expect(args[args.indexOf('--manifest') + 1]).toBe('/models/manifest.json');
    expect(volumeMounts).toContainEqual({ name: 'models', mountPath: '/models', readOnly: true });
    expect(spec.volumes).toContainEqual({
      name: 'models',
      persistentVolumeClaim: { claimName: 'shop-models', readOnly: true },
    });
    if (check?.knows(workload)) expect(check(workload)).toEqual([]);
  }
});

test('a GPU is asked for where the backend needs one, and no spare one is counted on', () => {
  const plan = clusterPlan();
  const cuda = clusterPlan({ stages: plan.stages.map((stage) => ({ ...stage, backend: 'cuda' as const })) });
  const { spec } = find(objects(cuda), 'Deployment', 'fashion-detect');
  const { requests, limits } = spec.template.spec.containers[0].resources;
  expect([limits['nvidia.com/gpu'], requests['nvidia.com/gpu'], requests.cpu]).toEqual(['1', '1', '1']);
  expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
});

test('what was made for a browser, or of published times, is refused with a remedy', () => {
  const plan = clusterPlan();
  for (const environment of ['browser', 'published'] as const) {
    const device = { ...plan.profile.device, environment };
    expect(() => objects(clusterPlan({ profile: { ...plan.profile, device } }))).toThrow(NotDeployableError);
  }
  const wasm = plan.stages.map((stage) => ({ ...stage, backend: 'wasm' as const }));
  expect(() => objects(clusterPlan({ stages: wasm }))).toThrow(/wasm.*ipa-agent profile --target/s);
});

test('as pods run it a worker holds the stages of its pod, and a stage has one worker at least', () => {
  const shared = clusterPlan({
    workers: [{ id: 'gpu', backend: 'cpu', threads: 1, stages: ['detect', 'classify'] }],
  });
  expect(replicaPlan(shared).workers.map(({ stages }) => stages)).toEqual([
    ['detect'],
    ['classify'],
    ['classify'],
  ]);
  const few = replicaPlan(shared, [
    { stages: ['detect'], replicas: 3 },
    { stages: ['classify'], replicas: 0 },
  ]);
  expect(few.stages.map(({ replicas }) => replicas)).toEqual([3, 1]);
  expect(few.workers).toHaveLength(4);
  const together = replicaPlan(shared, [
    { stages: ['classify'], replicas: 1 },
    { stages: ['classify', 'detect'], replicas: 2 },
  ]);
  expect(together.stages.map(({ replicas }) => replicas)).toEqual([2, 3]);
  expect(together.workers.map(({ stages }) => stages)).toEqual([
    ['detect', 'classify'],
    ['detect', 'classify'],
    ['classify'],
  ]);
  expect(() => parsePlan(together, 'the plan as pods run it')).not.toThrow();
});
