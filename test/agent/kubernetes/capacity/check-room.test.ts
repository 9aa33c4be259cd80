import { expect, onTestFinished, test, vi } from 'vitest';
import { EditedPlanError } from '../../../../agent/cluster/errors.ts';
import { ApiError, NoRoomError } from '../../../../agent/kubernetes/errors.ts';
import { Replanner } from '../../../../agent/service/replanner.ts';
import type { Plan } from '../../../../solver/documents/plan.ts';
import { planOnce } from '../../../../workers/planner/once.ts';
import { identify } from '../../../../workers/store/exchange.ts';
import { engineIn, nodeLabels, standInCluster } from '../cluster.ts';
import { podsProfile } from '../fashion-profile.ts';
import { clusterPlan, settings, sharedPlan } from '../objects/plans.ts';
import { addNode, addPod } from '../stand-in/nodes.ts';

/**
 * Makes a cluster with one node that may run the pods. The plan's three stage pods request 2 cores each, its gateways less than
 * one core together.
 */
async function oneNode(node: Parameters<typeof addNode>[2]) {
  const { standIn, cluster } = await standInCluster();
  for (const name of ['amd64', 'arm64']) standIn.store.remove(`api/v1/nodes/${name}`);
  addNode(standIn, 'edge-1', { labels: nodeLabels(), ...node });
  const changing = () =>
    standIn.seen.filter(({ method, url }) => method !== 'GET' && !url.includes('dryRun=All'));
  return { standIn, cluster, changing };
}

test('a plan that the nodes have no room for is refused, with what is missing and what to do, and nothing is changed', async () => {
  const { cluster, changing } = await oneNode({ cpu: '2' });
  const error = await engineIn(cluster)
    .apply(clusterPlan())
    .catch((e) => e);
  expect(error).toBeInstanceOf(NoRoomError);
  expect(error.message).toMatch(
    /2 of 2 pods of fashion-classify, each of 2 cores and \d+ MiB of memory: edge-1 has 0 cores left/,
  );
  expect(error.message).toContain('--allow-pending');
  expect(changing()).toEqual([]);
});

test('what others run on a node counts; what has ended there, and the pods that the plan replaces, do not', async () => {
  const { standIn, cluster } = await oneNode({ cpu: '8' });
  const own = {
    'app.kubernetes.io/part-of': 'fashion',
    'ipa-edge/part': 'stage',
    'ipa-edge/stage': 'detect',
  };
  const pod = { namespace: 'shop', node: 'edge-1', cpu: '2', memory: '1Gi' };
  addPod(standIn, { ...pod, name: 'replaced', labels: own });
  await engineIn(cluster).apply(clusterPlan());
  addPod(standIn, { ...pod, name: 'elsewhere', namespace: 'other', labels: own });
  await expect(engineIn(cluster).apply(clusterPlan())).rejects.toThrow(/2 of 2 pods of fashion-gateway/);
  standIn.store.remove('api/v1/namespaces/other/pods/elsewhere');
  addPod(standIn, { ...pod, name: 'ended', namespace: 'other', phase: 'Succeeded' });
  await engineIn(cluster).apply(clusterPlan());
});

test('two stages that share a worker have room on a node of two cores beside the gateways, and apart they have none', async () => {
  const { cluster } = await oneNode({ cpu: '2' });
  const shared = sharedPlan();
  const workers = shared.stages.map(({ name, backend, threads }) => ({
    id: name,
    backend,
    threads,
    stages: [name],
  }));
  await expect(engineIn(cluster).apply({ ...shared, workers })).rejects.toBeInstanceOf(NoRoomError);
  await engineIn(cluster).apply(shared);
});

test('a profile of a node of two cores, for pods, gives a plan that has room there beside two gateways, and so do those of watch', async () => {
  const measured = await identify(podsProfile(2));
  const plan = await planOnce(measured.profile, { slaMs: 300, ratePerS: 5 });
  expect(plan.workers.map(({ stages }) => stages)).toEqual([['detect', 'classify']]);
  const { cluster } = await oneNode({ cpu: '2' });
  const engine = engineIn(cluster);
  await engine.apply(plan);

  const flags = { predictor: 'last-window', interval: 10, minRate: 0 } as const;
  const replanner = await Replanner.open(measured, flags, { apart: true });
  onTestFinished(() => replanner.close());
  const { system } = replanner.adaptationFor(plan, await engine.cascadeStages());
  const load = { forecast: { medianPerS: 40, p90PerS: 40 }, countsPerS: [40, 40] };
  const busier = await system.plan(load, plan);
  const variants = (of: Plan) => of.stages.map(({ variant }) => variant);
  expect(variants(busier)).not.toEqual(variants(plan));
  const paths = (await engine.adapt(busier, plan)).flatMap(({ changes }) => changes.map(({ path }) => path));
  // The pod's spec does not change, because a running pod can change its variants and batches.
  expect(paths.filter((path) => path.startsWith('spec'))).toEqual([]);
  expect(await engine.plan()).toEqual(busier);
});

test('pods are replaced only where a new one has room beside the old ones, which run until it serves', async () => {
  const { standIn, cluster, changing } = await oneNode({ cpu: '8' });
  await engineIn(cluster).apply(clusterPlan());
  const own = { 'app.kubernetes.io/part-of': 'fashion', 'ipa-edge/part': 'stage' };
  ['detect', 'classify', 'classify'].forEach((stage, i) => {
    const labels = { ...own, 'ipa-edge/stage': stage };
    addPod(standIn, { name: `pod-${i}`, namespace: 'shop', node: 'edge-1', cpu: '2', memory: '1Gi', labels });
  });
  // The pods of the plan and of the gateways request 6.5 of the 8 cores. A new batch size needs no new pods.
  const [variant, ...others] = clusterPlan().stages;
  await engineIn(cluster).apply(clusterPlan({ stages: [{ ...variant!, batch: 2 }, ...others] }));
  const before = changing().length;
  const image = { ...settings, image: 'ipa-edge:next' };
  await expect(engineIn(cluster, image).apply(clusterPlan())).rejects.toThrow(
    /1 of 1 pods of fashion-classify.*a new pod starts before an old one ends/,
  );
  expect(changing()).toHaveLength(before);
  addNode(standIn, 'edge-2', { cpu: '4', labels: nodeLabels() });
  await engineIn(cluster, image).apply(clusterPlan());
});

test('a node that may not run the pods is told with its reason', async () => {
  const { cluster } = await oneNode({ cordoned: true });
  await expect(engineIn(cluster).apply(clusterPlan())).rejects.toThrow(
    /edge-1 takes no new pods \(it is cordoned\)/,
  );
});

test('a plan that was edited to a device of other cores is refused where no node is one', async () => {
  const { cluster, changing } = await oneNode({ cores: '2', cpu: '8' });
  const plan = clusterPlan();
  await engineIn(cluster).apply(plan, { dryRun: true });
  const { profile } = plan;
  const edited = { ...plan, profile: { ...profile, device: { ...profile.device, logicalCores: 64 } } };
  await expect(engineIn(cluster).apply(edited)).rejects.toThrow(
    /1 of 1 pods of fashion-detect.*: edge-1 has 2 cores in all, and the plan is for a device of 64/,
  );
  expect(changing()).toEqual([]);
});

test.each([
  [
    'threads',
    (plan: Plan) => ({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, threads: 1 })) }),
    /stage detect asks for 1 thread, and its worker worker-0 has 2/,
  ],
  [
    'replicas',
    (plan: Plan) => ({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, replicas: 2 })) }),
    /stage detect asks for 2 replicas, and has 1 worker/,
  ],
  [
    'cores',
    (plan: Plan) => ({ ...plan, resources: { ...plan.resources, cores: 4 } }),
    /its workers hold 6 cores, and its resources are 4 cores/,
  ],
])(
  'a plan whose %s were edited to others than its workers have is refused, and nothing is changed',
  async (_, edit, why) => {
    const { cluster, changing } = await oneNode({ cpu: '64' });
    const applied = engineIn(cluster).apply(edit(clusterPlan()));
    await expect(applied).rejects.toBeInstanceOf(EditedPlanError);
    await expect(applied).rejects.toThrow(why);
    await expect(applied).rejects.toThrow('ipa-edge plan');
    expect(changing()).toEqual([]);
  },
);

test('the plan is applied all the same where pods may wait for nodes', async () => {
  const { cluster } = await oneNode({ cpu: '1' });
  const applied = await engineIn(cluster).apply(clusterPlan(), { allowPending: true });
  expect(applied.every(({ state }) => state === 'created')).toBe(true);
});

test('an account that may not see the nodes applies the plan, and is told that nothing was checked', async () => {
  const { cluster } = await oneNode({ cpu: '1' });
  const list = cluster.list.bind(cluster);
  vi.spyOn(cluster, 'list').mockImplementation((ref) =>
    ref.kind === 'Node' ? Promise.reject(new ApiError(403, 'nodes is forbidden')) : list(ref),
  );
  const told: string[] = [];
  await engineIn(cluster).apply(clusterPlan(), { onEvent: (what) => told.push(what) });
  expect(told).toEqual([expect.stringMatching(/was not checked: nodes is forbidden/)]);
});
