import { expect, test } from 'vitest';
import { quantity } from '../../../../agent/kubernetes/capacity/quantity.ts';
import { autoscaled } from '../../../../agent/kubernetes/objects/autoscaler.ts';
import { kserveObjects } from '../../../../agent/kubernetes/objects/kserve.ts';
import { profileJob } from '../../../../agent/kubernetes/objects/profile-job.ts';
import { kubernetesObjects } from '../../../../agent/kubernetes/objects/serving.ts';
import { watchObjects } from '../../../../agent/kubernetes/objects/watch.ts';
import { resourceObjects } from '../../../../agent/kubernetes/resource/objects.ts';
import { tokenCommand } from '../../../../agent/kubernetes/token.ts';
import { Pipeline } from '../../../../models/manifests/pipeline.ts';
import type { Plan } from '../../../../solver/documents/plan.ts';
import { fashionProfile } from '../fashion-profile.ts';
import { clusterPlan, fashion, settings, sharedPlan } from './plans.ts';

/** What objects name by text, such as an account, a port or a file, must exist: a cluster tells of a wrong name only at runtime. */

// biome-ignore lint/suspicious/noExplicitAny: the tests read fields of objects of many kinds
type Any = any;

const { pipeline } = fashion;
const monitored = { ...settings, monitor: 'monitoring', modelsClaim: 'models' };
const ask = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 10, seed: 1 } as const;
const served = (plan: ReturnType<typeof clusterPlan>): Any[] => [
  ...autoscaled(plan, kubernetesObjects(plan, pipeline, monitored)),
  ...watchObjects(fashionProfile(), { plan, pipeline, settings: monitored }),
  profileJob(ask, pipeline, monitored, 'abcd'),
];

const EXPORTS: [string, Any[]][] = [
  ['a plan with pods for each stage', served(clusterPlan())],
  ['a plan with pods for all stages', served(sharedPlan())],
  ['crd', resourceObjects('fashion', monitored)],
];

const of = (all: Any[], kind: string): Any[] => all.filter((object) => object.kind === kind);
const names = (all: Any[], kind: string): string[] => of(all, kind).map(({ metadata }) => metadata.name);
/** The templates of all pods, with the name of their workload. */
const podsOf = (all: Any[]): [string, Any][] =>
  [...of(all, 'Deployment'), ...of(all, 'Job')].map(({ metadata, spec }) => [metadata.name, spec.template]);
const selects = (labels: Record<string, string>, { metadata }: Any): boolean =>
  Object.entries(labels).every(([key, value]) => metadata.labels[key] === value);
const selected = (all: Any[], labels: Record<string, string>): string[] =>
  podsOf(all).flatMap(([name, pod]) => (selects(labels, pod) ? [name] : []));
const containersOf = (all: Any[]): [string, Any, Any][] =>
  podsOf(all).map(([name, { spec }]) => [name, spec.containers[0], spec]);
const argument = ({ args }: Any, option: string): string | undefined =>
  args.includes(option) ? args[args.indexOf(option) + 1] : undefined;

test.each(EXPORTS)(
  '%s: rights go by a Role to an account, and the pods with a token act as that account',
  (_, all) => {
    const withToken = podsOf(all).filter(([, { spec }]) => spec.automountServiceAccountToken);
    expect(withToken.length).toBeGreaterThan(0);
    for (const [name, { spec }] of withToken) {
      const binding = of(all, 'RoleBinding').find(({ metadata }) => metadata.name === name);
      const account = { kind: 'ServiceAccount', name: spec.serviceAccountName, namespace: 'shop' };
      expect(binding.subjects).toEqual([account]);
      expect(names(all, 'ServiceAccount')).toContain(account.name);
      expect(binding.roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name });
      expect(names(all, 'Role')).toContain(name);
    }
  },
);

test.each(EXPORTS)(
  '%s: Services, budgets, policies and autoscalers are each of the pods of one deployment',
  (_, all) => {
    for (const { metadata, spec } of of(all, 'Service')) {
      const [name, ...others] = selected(all, spec.selector);
      expect(others, metadata.name).toEqual([]);
      const [, { ports }] = containersOf(all).find(([workload]) => workload === name)!;
      for (const { targetPort, protocol } of spec.ports)
        expect(ports).toContainEqual(expect.objectContaining({ name: targetPort, protocol }));
    }
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy'])
      for (const { metadata, spec } of of(all, kind))
        expect(selected(all, (spec.selector ?? spec.podSelector).matchLabels)).toEqual([metadata.name]);
    for (const { spec } of of(all, 'HorizontalPodAutoscaler'))
      expect(names(all, 'Deployment')).toContain(spec.scaleTargetRef.name);
  },
);

test.each(EXPORTS)(
  '%s: only the gateways and the reader of metrics reach the pods of stages, on the port of HTTP',
  (_, all) => {
    for (const { spec } of of(all, 'NetworkPolicy')) {
      expect(spec.policyTypes).toEqual(['Ingress']);
      const [{ from, ports }] = spec.ingress;
      expect(selected(all, from[0].podSelector.matchLabels)).toEqual(['fashion-gateway']);
      expect(from.slice(1)).toEqual([
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
      ]);
      expect(ports).toEqual([{ protocol: 'TCP', port: 8080 }]);
    }
  },
);

test.each(EXPORTS)(
  '%s: a pod listens on the port that it names, and probes, Services and monitor ask there',
  (_, all) => {
    for (const [name, container] of containersOf(all).filter(([, { ports }]) => ports)) {
      expect(container.ports, name).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }]);
      expect([argument(container, '--host'), argument(container, '--port')]).toEqual(['::', '8080']);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
        expect(container[probe].httpGet.port).toBe('http');
    }
    for (const { spec } of of(all, 'Service'))
      expect(spec.ports).toMatchObject([{ name: 'http', port: 8080 }]);
    for (const { spec } of of(all, 'PodMonitor'))
      expect(spec.podMetricsEndpoints).toMatchObject([{ port: 'http' }]);
  },
);

test.each(EXPORTS)(
  '%s: the files and variables that arguments name are there, and the user of the pod may read them',
  (_, all) => {
    const token = /shop (\S+) --from-literal=(\w+)=/.exec(tokenCommand('fashion', 'shop'))!;
    const keysOf: Record<string, string[]> = { [token[1]!]: [token[2]!] };
    for (const { metadata, data, binaryData } of of(all, 'ConfigMap'))
      keysOf[metadata.name] = Object.keys({ ...data, ...binaryData });
    for (const [workload, container, spec] of containersOf(all)) {
      const files = container.volumeMounts.flatMap(({ name, mountPath }: Any) => {
        const { configMap, secret } = spec.volumes.find((volume: Any) => volume.name === name);
        const keys: string[] = keysOf[configMap?.name ?? secret?.secretName] ?? [];
        for (const { key, path } of configMap?.items ?? []) {
          expect(keys).toContain(key);
          expect(path).toBe(key);
        }
        if (secret) {
          expect(secret.defaultMode & 0o040, workload).toBeTruthy();
          expect(spec.securityContext.fsGroup).toBeGreaterThan(0);
        }
        return keys.map((key) => `${mountPath}/${key}`);
      });
      for (const option of ['--plan', '--profile', '--token-file'])
        if (argument(container, option)) expect(files, workload).toContain(argument(container, option));
      expect(spec.volumes).toContainEqual({ name: 'tmp', emptyDir: { sizeLimit: expect.any(String) } });
      expect(container.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' });
      expect(argument(container, '--manifest')).toBe(monitored.manifest);
      if (spec.automountServiceAccountToken)
        expect(argument(container, '--namespace'), workload).toBe('$(POD_NAMESPACE)');
      for (const variable of container.args.flatMap((arg: string) => /^\$\((.+)\)$/.exec(arg)?.[1] ?? []))
        expect(container.env).toContainEqual({
          name: variable,
          valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
        });
    }
  },
);

test('pods that accept changes have the token, and gateways send it', () => {
  for (const [name, container] of containersOf(served(clusterPlan())))
    expect(Boolean(argument(container, '--token-file')), name).toBe(/gateway|detect|classify/.test(name));
});

test('a pod has ten minutes to start, and 15 s without an answer before it is ended, but not as many before it gets no batches', () => {
  const seconds = ({ periodSeconds, failureThreshold }: Any) => periodSeconds * failureThreshold;
  for (const [name, { startupProbe, livenessProbe, readinessProbe }] of containersOf(
    served(clusterPlan()),
  ).filter(([, { ports }]) => ports)) {
    expect(seconds(startupProbe), name).toBeGreaterThanOrEqual(600);
    expect(startupProbe.periodSeconds).toBe(1);
    expect(seconds(livenessProbe)).toBeGreaterThanOrEqual(15);
    expect(seconds(readinessProbe)).toBeLessThan(15);
  }
});

test('while pods are replaced, as many as before serve, except where a new one would need a further GPU', () => {
  for (const { metadata, spec } of of(kubernetesObjects(clusterPlan(), pipeline, settings), 'Deployment'))
    expect(spec.strategy, metadata.name).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
});

test('a job measures what it is asked to measure', () => {
  const asked = { ...ask, threads: [1, 2], batches: [1, 4], budgetS: 7.5, seed: 3, slaMs: 150 };
  const [[, container]] = containersOf([profileJob(asked, pipeline, settings, 'abcd')]) as [
    [string, Any, Any],
  ];
  const told = ['--backend', '--threads', '--batches', '--budget', '--seed', '--sla'].map((option) =>
    argument(container, option),
  );
  expect(told).toEqual(['cpu', '1,2', '1,4', '7.5s', '3', '150']);
});

test('a job that fails is not tried again, and Kubernetes removes a finished one', () => {
  const { spec } = profileJob(ask, pipeline, settings, 'abcd') as Any;
  expect([spec.backoffLimit, spec.template.spec.restartPolicy]).toEqual([0, 'Never']);
  expect(spec.ttlSecondsAfterFinished).toBeGreaterThan(0);
});

test('KServe speaks version 2 of the protocol with the pods, and does not scale them', () => {
  const [, ...services] = kserveObjects(clusterPlan(), pipeline, settings) as Any[];
  for (const { metadata, spec } of services.slice(0, 2)) {
    expect(metadata.annotations).toMatchObject({ 'serving.kserve.io/autoscalerClass': 'none' });
    const { minReplicas, maxReplicas, containers } = spec.predictor;
    expect(minReplicas).toBe(maxReplicas);
    expect(containers[0].env).toContainEqual({ name: 'PROTOCOL', value: 'v2' });
    expect(argument(containers[0], '--model-name')).toBe(metadata.name);
    expect(1000 * spec.predictor.timeout).toBeGreaterThanOrEqual(clusterPlan().slaMs);
    expect(spec.predictor.nodeSelector).toMatchObject({
      ...settings.nodeSelector,
      'kubernetes.io/arch': 'amd64',
    });
  }
});

test('of the ConfigMaps and deployments in their namespace, gateways may read only the plan, and watch may change only the plan and the stages', () => {
  const all = served(clusterPlan());
  const namesIn = (role: string, resource: string) =>
    of(all, 'Role')
      .find(({ metadata }) => metadata.name === role)
      .rules.filter(({ resources }: Any) => resources.includes(resource))
      .map(({ resourceNames }: Any) => resourceNames);
  expect(namesIn('fashion-gateway', 'configmaps')).toEqual([['fashion-plan']]);
  expect(namesIn('fashion-watch', 'configmaps')).toEqual([['fashion-plan']]);
  const [deployments] = namesIn('fashion-watch', 'deployments');
  expect(deployments).toEqual(expect.arrayContaining(['fashion-detect', 'fashion-classify']));
  expect(deployments).not.toContain('fashion-gateway');
  expect(names(all, 'ConfigMap')).toContain('fashion-plan');
});

test('clients reach all gateways by one address, and gateways each pod of a stage by its own', () => {
  for (const { metadata, spec } of of(served(clusterPlan()), 'Service'))
    expect(spec.clusterIP, metadata.name).toBe(metadata.name === 'fashion-gateway' ? undefined : 'None');
});

test('gateways ask for less than the core that plans leave to them, on any node, and remember their pods on a volume', () => {
  const all = served(clusterPlan());
  const [, container, spec] = containersOf(all).find(([name]) => name === 'fashion-gateway')!;
  const { replicas } = of(all, 'Deployment').find(({ metadata }) => metadata.name === 'fashion-gateway').spec;
  expect(replicas * quantity(container.resources.requests.cpu)).toBeLessThan(1);
  expect(Object.keys(spec.nodeSelector)).toEqual(['kubernetes.io/os', 'kubernetes.io/arch']);
  expect(argument(container, '--remember')).toMatch(/^\/tmp\//);
});

test('a pod of a stage has memory for two of its largest models, each with a standby, and a core beside those that it asks for', () => {
  const resourcesOf = (sizeBytes: number, change: Partial<Plan> = {}) => {
    const [detect, ...others] = fashion.manifest.stages;
    const variants = detect!.variants.map((variant) => ({
      ...variant,
      sessions: { model: { ...Object.values(variant.sessions)[0]!, sizeBytes } },
    }));
    const manifest = { ...fashion.manifest, stages: [{ ...detect!, variants }, ...others] };
    const all = kubernetesObjects(
      clusterPlan(change),
      new Pipeline(manifest as typeof fashion.manifest),
      settings,
    );
    return containersOf(all).find(([name]) => name === 'fashion-detect')![1].resources;
  };
  const mib = (text: string): number => Number(/^(\d+)Mi$/.exec(text)![1]);
  const { requests, limits } = resourcesOf(1);
  // On a real cluster such a pod took 205 MiB with one session of a small model.
  expect(mib(limits.memory)).toBeGreaterThan(2 * 205);
  expect(requests.memory).toBe(limits.memory);
  expect(Number(limits.cpu)).toBe(Number(requests.cpu) + 1);
  // A session holds the weights, an optimised copy of them, and needs room to work.
  const large = mib(resourcesOf(2 ** 30).limits.memory);
  expect(large - mib(limits.memory)).toBeGreaterThanOrEqual(2 * 3 * 1024);
  const withStandbys = mib(resourcesOf(2 ** 30, { downshift: true }).limits.memory);
  expect(withStandbys - large).toBeGreaterThanOrEqual(2 * 3 * 1024);
});

test('what a container wrote last before it failed is in the status of its pod, where --wait and an InferencePipeline read it', () => {
  for (const [name, { terminationMessagePolicy }] of containersOf(served(clusterPlan())))
    expect(terminationMessagePolicy, name).toBe('FallbackToLogsOnError');
});
