import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { changesText } from '../../../agent/commands/changes-text.ts';
import { openEngine } from '../../../agent/commands/engine.ts';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { connectionOf } from '../../../agent/kubernetes/client.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { ApiError, ClusterUnreachableError, NoClusterError } from '../../../agent/kubernetes/errors.ts';
import type { KubernetesObject } from '../../../agent/kubernetes/objects/types.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { changed, deployment, states } from './applied.ts';
import { appliedIn, engineIn, standInCluster } from './cluster.ts';
import { clusterPlan, fashion, settings } from './objects/plans.ts';

test('a plan is applied, and a second time nothing changes', async () => {
  const { cluster, standIn } = await standInCluster();
  const first = await engineIn(cluster).apply(clusterPlan());
  expect(first.every(({ state }) => state === 'created')).toBe(true);
  const { version } = standIn.store;
  const again = await engineIn(cluster).apply(clusterPlan());
  expect(states(again)).toEqual([]);
  expect(standIn.store.version).toBe(version);
  const live = await cluster.read(deployment('fashion-classify'));
  const managers = live!.metadata.managedFields as { manager: string; operation: string }[];
  expect(managers.map(({ manager, operation }) => [manager, operation])).toEqual([['ipa-agent', 'Apply']]);
});

test('more replicas are a change of the deployment and the plan, and of nothing else', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const applied = await engineIn(cluster).apply(changed({ replicas: 4 }));
  expect(states(applied)).toEqual([
    'ConfigMap fashion-plan changed',
    'Deployment fashion-detect changed',
    'Deployment fashion-classify changed',
  ]);
  expect(applied.flatMap(({ kind, changes }) => (kind === 'Deployment' ? changes : []))).toEqual([
    { path: 'spec.replicas', before: 1, after: 4 },
    { path: 'spec.replicas', before: 2, after: 4 },
  ]);
});

test('another variant and batch leave the pods alone: the template does not change', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const { variants } = fashion.manifest.stages[0]!;
  const plan = clusterPlan();
  const detect = { ...plan.stages[0]!, variant: 'det16', sha256: sha256Of(variants[2]!), batch: 8 };
  const applied = await engineIn(cluster).apply({ ...plan, stages: [detect, plan.stages[1]!] });
  const changes = applied.find(({ kind, name }) => name === 'fashion-detect' && kind === 'Deployment')!;
  expect(changes.changes.map(({ path }) => path)).toEqual([
    'metadata.annotations["ipa-edge/variant"]',
    'metadata.annotations["ipa-edge/batch"]',
  ]);
});

test('a stored plan that cannot be read is replaced, and apply says that no rollback returns to it', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const stored = standIn.store.get('api/v1/namespaces/shop/configmaps/fashion-plan')!;
  const { apiVersion, kind, metadata } = stored;
  const { name, namespace, labels, annotations } = metadata;
  const own = { name, namespace, labels: labels!, annotations: annotations as Record<string, string> };
  await cluster.apply({ apiVersion, kind, metadata: own, data: { 'plan.json': '{' } });
  const said: string[] = [];
  await engineIn(cluster).apply(changed({ replicas: 4 }), { onEvent: (what) => said.push(what) });
  expect(said).toContainEqual(expect.stringMatching(/^no rollback returns to .*fashion-plan, plan\.json/));
  const { current, previous } = await appliedIn(cluster);
  expect([current, previous]).toEqual([changed({ replicas: 4 }), null]);
});

test('a dry run says what would change and changes nothing', async () => {
  const { cluster, standIn } = await standInCluster();
  const fresh = await engineIn(cluster).apply(clusterPlan(), { dryRun: true });
  expect(fresh.every(({ state }) => state === 'created')).toBe(true);
  expect(await cluster.read(deployment('fashion-detect'))).toBeNull();
  await engineIn(cluster).apply(clusterPlan());
  const { version } = standIn.store;
  const applied = await engineIn(cluster).apply(changed({ batch: 8 }), { dryRun: true });
  const plan = applied.find(({ kind }) => kind === 'ConfigMap')!;
  expect(plan.changes).toContainEqual({ path: 'data["plan.json"].stages[0].batch', before: 4, after: 8 });
  expect(standIn.store.version).toBe(version);
});

/** Sets the number of pods of `detect` as another tool, which manages this field from then on. */
const rival = (
  standIn: Awaited<ReturnType<typeof standInCluster>>['standIn'],
  replicas: number,
  manager = 'autoscaler',
) =>
  fetch(
    `${standIn.url}/apis/apps/v1/namespaces/shop/deployments/fashion-detect?fieldManager=${manager}&force=true`,
    {
      method: 'PATCH',
      headers: { authorization: standIn.authorization, 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ ...deployment('fashion-detect'), spec: { replicas } }),
    },
  );

test('a field that another manager has taken is a conflict that names both; force takes it back', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  expect((await rival(standIn, 7)).status).toBe(200);
  const { version } = standIn.store;
  const conflict = await engineIn(cluster)
    .apply(changed({ replicas: 3 }))
    .catch((error) => error);
  expect(conflict).toBeInstanceOf(ApiError);
  expect(conflict.message).toMatch(/\.spec\.replicas by autoscaler\. .*--force/);
  // The objects before the one with the conflict are unchanged, too.
  expect(standIn.store.version).toBe(version);
  await engineIn(cluster).apply(changed({ replicas: 3 }), { force: true });
  expect((await cluster.read(deployment('fashion-detect')))!.spec).toMatchObject({ replicas: 3 });
  await engineIn(cluster).apply(changed({ replicas: 5 }));
});

test('the number of pods that a HorizontalPodAutoscaler has set stays, a new image and plan are applied, and the user is told', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  await rival(standIn, 7, 'kube-controller-manager');
  const changes = await engineIn(cluster, { image: 'next' }).apply(changed({ replicas: 3 }));
  const { spec } = (await cluster.read(deployment('fashion-detect')))!;
  expect(spec).toMatchObject({ replicas: 7, template: { spec: { containers: [{ image: 'next' }] } } });
  expect((await cluster.read(deployment('fashion-classify')))!.spec).toMatchObject({ replicas: 3 });
  expect(changesText(changes, false)).toMatch(
    /Deployment fashion-detect {2}changed\n( {4}.*\n)*? {4}stays: \.spec\.replicas .* kube-controller-manager manages; --force/,
  );
});

test('a pipeline that needs an object of another pipeline is refused, and nothing is changed', async () => {
  const { cluster, standIn } = await standInCluster();
  const renamed = <T>(value: T, pipeline: string, stage: string): T =>
    JSON.parse(
      JSON.stringify(value).replaceAll('"fashion"', `"${pipeline}"`).replaceAll('"detect"', `"${stage}"`),
    );
  const apply = (pipeline: string, stage: string) => {
    const of = new Pipeline(renamed(fashion.manifest, pipeline, stage));
    const engine = new KubernetesEngine(cluster, { pipeline: of, namespace: 'shop', given: settings });
    return engine.apply(renamed(clusterPlan(), pipeline, stage), { force: true });
  };
  await apply('a', 'b-c');
  const { version } = standIn.store;
  await expect(apply('a-b', 'c')).rejects.toThrow(/^Service a-b-c serves the pipeline a, and a-b needs/);
  expect(standIn.store.version).toBe(version);
  await apply('a-b', 'd');
});

test('what the server takes for invalid is told by field, and nothing is applied', async () => {
  const { cluster, standIn } = await standInCluster();
  const error = await engineIn(cluster, { ...settings, gateways: -1 })
    .apply(clusterPlan())
    .catch((e) => e);
  expect(error).toMatchObject({ name: 'ApiError', status: 422 });
  expect(error.message).toContain('spec.replicas: Invalid value: -1');
  expect(standIn.seen.filter(({ method, url }) => method !== 'GET' && !url.includes('dryRun=All'))).toEqual(
    [],
  );
});

test('adapting leaves a field that another tool manages, and says so', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  await rival(standIn, 7);
  const changes = await engineIn(cluster).adapt(changed({ replicas: 3 }), clusterPlan());
  expect(changes.flatMap(({ stay = [] }) => stay)).toEqual([
    '.spec.replicas of Deployment fashion-detect, which autoscaler manages',
  ]);
  expect((await cluster.read(deployment('fashion-detect')))!.spec).toMatchObject({ replicas: 7 });
  expect((await cluster.read(deployment('fashion-classify')))!.spec).toMatchObject({ replicas: 3 });
});

test('a plan that says the same in another order changes nothing, and the one before it stays', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  await engineIn(cluster).apply(changed({ replicas: 4 }));
  const { previous } = await appliedIn(cluster);
  const reordered = Object.fromEntries(Object.entries(changed({ replicas: 4 })).reverse()) as Plan;
  expect(states(await engineIn(cluster).apply(reordered))).toEqual([]);
  expect((await appliedIn(cluster)).previous).toEqual(previous);
});

test('of two plans that are applied at once one is refused, and the pods are those of the stored plan', async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const plans = [changed({ replicas: 4 }), { ...clusterPlan(), createdAt: '2026-01-01T00:00:00Z' }];
  const ends = await Promise.allSettled(plans.map((plan) => engineIn(cluster).apply(plan)));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(reasons).toMatchObject([{ name: 'PlanReplacedError' }]);
  const current = await engineIn(cluster).plan();
  for (const { name, replicas } of current!.stages)
    expect((await cluster.read(deployment(`fashion-${name}`)))!.spec).toMatchObject({ replicas });
});

test('of two first plans that are applied at once one is refused, and has changed nothing', async () => {
  const { cluster } = await standInCluster();
  const plans = [clusterPlan(), changed({ replicas: 4 })];
  const ends = await Promise.allSettled(plans.map((plan) => engineIn(cluster).apply(plan)));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(reasons).toMatchObject([{ name: 'PlanReplacedError' }]);
  const current = await engineIn(cluster).plan();
  expect(current).toEqual(plans[ends.findIndex(({ status }) => status === 'fulfilled')]);
  for (const { name, replicas } of current!.stages)
    expect((await cluster.read(deployment(`fashion-${name}`)))!.spec).toMatchObject({ replicas });
});

test("the token's Secret has the labels that Kubernetes recommends", async () => {
  const { cluster } = await standInCluster();
  await engineIn(cluster).apply(clusterPlan());
  const ref = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'fashion-token', namespace: 'shop' } };
  expect((await cluster.read(ref))!.metadata.labels).toMatchObject({
    'app.kubernetes.io/name': 'ipa-edge',
    'app.kubernetes.io/instance': 'fashion',
    'app.kubernetes.io/component': 'token',
  });
});

test('the token is made once, at random, and no message or result has it', async () => {
  const { cluster } = await standInCluster();
  const token = async () => {
    const ref = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'fashion-token', namespace: 'shop' } };
    const secret = (await cluster.read(ref)) as KubernetesObject & { data: { token: string } };
    return Buffer.from(secret.data.token, 'base64').toString();
  };
  const applied = await engineIn(cluster).apply(clusterPlan());
  const first = await token();
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(applied)).not.toContain(first);
  expect(JSON.stringify(applied)).not.toContain(Buffer.from(first).toString('base64'));
  await engineIn(cluster).apply(changed({ replicas: 4 }));
  expect(await token()).toBe(first);
});

test("without --namespace the namespace is that of the kubeconfig's context", async () => {
  const { kubeconfig } = await standInCluster();
  const target = async (flags: object) =>
    (await openEngine({ kubeconfig, ...flags }, fashion.pipeline)).target;
  expect(await target({})).toMatch(/^namespace default of/);
  const text = await readFile(kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replace('user: agent', 'user: agent\n      namespace: of-context'));
  expect(await target({})).toMatch(/^namespace of-context of/);
  expect(await target({ namespace: 'shop' })).toMatch(/^namespace shop of/);
});

test('a server that is gone, a wrong token and a kubeconfig of nothing are each told as what they are', async () => {
  const { cluster, standIn, kubeconfig } = await standInCluster();
  await standIn.down();
  await expect(engineIn(cluster).apply(clusterPlan())).rejects.toBeInstanceOf(ClusterUnreachableError);
  await standIn.up();
  const { server } = await connectionOf({ kubeconfig });
  const stranger = new KubernetesApi({ server, authorise: async (options) => options });
  await expect(engineIn(stranger).apply(clusterPlan())).rejects.toThrow(/Renew the credentials/);
  await expect(connectionOf({ kubeconfig: 'nofile' })).rejects.toThrow(
    'the kubeconfig nofile cannot be read: there is no such file.',
  );
  await expect(connectionOf({ kubeconfig: '/dev/null' })).rejects.toThrow(
    'the kubeconfig has no context that is current',
  );
  await expect(connectionOf({ kubeconfig, context: 'none' })).rejects.toBeInstanceOf(NoClusterError);
});
