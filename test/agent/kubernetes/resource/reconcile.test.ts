import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { ApiError } from '../../../../agent/kubernetes/errors.ts';
import { resourceObjects } from '../../../../agent/kubernetes/resource/objects.ts';
import { podSettings } from '../../../../agent/kubernetes/settings.ts';
import { until } from '../../../until.ts';
import { addStartingPod, appliedIn } from '../cluster.ts';
import { JOBS, jobOf } from '../jobs.ts';
import { allows, type Rule, rightOf } from '../rights.ts';
import { tellPods } from '../stand-in/nodes.ts';
import type { StandIn } from '../stand-in/server.ts';
import { currentPlan } from '../watched.ts';
import { conditionOf, jobsMade, reasonsOf, spec, statusOf, watched } from './reconciled.ts';

const DEPLOYMENTS = 'apis/apps/v1/namespaces/shop/deployments';

/** Lists the rights that the requests so far needed, but that the Role of a watch in the cluster does not give. */
function refusedByRole({ seen }: StandIn) {
  const role = resourceObjects('fashion', podSettings('fashion', 'shop', {})).find(
    ({ kind }) => kind === 'Role',
  );
  const { rules } = role as unknown as { rules: Rule[] };
  return (
    seen
      .map(({ method, url }) => rightOf(method, url))
      // Users need this right, not watch: the test itself applied the object.
      .filter(({ resource, verb }) => resource !== 'inferencepipelines' || verb !== 'patch')
      .filter((right) => !rules.some((rule) => allows(rule, right)))
  );
}

test('an SLA becomes a profile, a plan, and pods that serve, and the status tells each step', async () => {
  const { standIn, cluster, apply, profiled } = await watched();
  await apply(spec);
  await until(() =>
    expect(reasonsOf(standIn)).toEqual({
      Profiled: 'False Profiling',
      Planned: 'Unknown Waiting',
      Ready: 'Unknown Waiting',
    }),
  );
  await profiled();
  await until(() =>
    expect(reasonsOf(standIn)).toEqual({
      Profiled: 'True Measured',
      Planned: 'True Applied',
      Ready: 'False PodsStarting',
    }),
  );
  const { current } = await appliedIn(cluster);
  expect(current).toMatchObject({ slaMs: 300, ratePerS: 2 });
  for (const part of ['detect', 'classify', 'gateway']) tellPods(standIn, part);
  await until(() =>
    expect(conditionOf(standIn, 'Ready')).toMatchObject({ status: 'True', reason: 'Serving' }),
  );
  const { observedGeneration, plan, plannedRatePerS, profileSha256 } = statusOf(standIn);
  expect([observedGeneration, plannedRatePerS]).toEqual([1, 2]);
  expect(profileSha256).toBe(current!.profile.sha256);
  for (const { variant } of current!.stages) expect(plan).toContain(variant);
  expect(conditionOf(standIn, 'Ready')!.observedGeneration).toBe(1);
  expect(standIn.store.all(JOBS)).toEqual([]);

  expect(standIn.seen.length).toBeGreaterThan(20);
  expect(refusedByRole(standIn)).toEqual([]);
});

test('the job and all pods pull the image and are scheduled as the spec says', async () => {
  const { standIn, apply, profiled } = await watched();
  const taint = { key: 'nvidia.com/gpu', effect: 'NoSchedule' };
  const pods = { pullSecrets: ['registry'], tolerations: [taint], priorityClass: 'serving' };
  await apply({ ...spec, ...pods, gateways: 3 });
  const scheduled = {
    imagePullSecrets: [{ name: 'registry' }],
    tolerations: [{ ...taint, operator: 'Exists' }],
    priorityClassName: 'serving',
  };
  expect((await jobOf(standIn)).spec.template.spec).toMatchObject(scheduled);
  await profiled();
  await until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
  for (const [of, replicas] of [
    ['detect', expect.any(Number)],
    ['gateway', 3],
  ])
    expect(standIn.store.get(`${DEPLOYMENTS}/fashion-${of}`)!.spec).toMatchObject({
      replicas,
      template: { spec: scheduled },
    });
});

test('where more cores give each stage pods of its own, the pods for all stages end once the new ones serve', async () => {
  const { standIn, apply, profiled } = await watched();
  const ofStages = () =>
    ['api', 'apis']
      .flatMap((root) => standIn.store.all(root))
      .filter(({ metadata }) => metadata.labels?.['ipa-edge/part'] === 'stage')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const deployments = () => ofStages().flatMap((one) => /^Deployment fashion-(.*)/.exec(one)?.[1] ?? []);
  await apply({ ...spec, cores: 1 });
  await profiled();
  const shared = await until(() => {
    expect(deployments()).toHaveLength(1);
    expect(reasonsOf(standIn).Planned).toBe('True Applied');
    return deployments()[0]!;
  });
  const before = ofStages();
  await apply(spec);
  await until(() => expect(deployments()).toHaveLength(3));
  await until(() => expect(reasonsOf(standIn).Ready).toBe('False PodsStarting'));
  expect(deployments()).toHaveLength(3);
  for (const part of [shared, 'detect', 'classify', 'gateway']) tellPods(standIn, part);
  await until(() => expect(ofStages().filter((one) => before.includes(one))).toEqual([]));
  expect(deployments().sort()).toEqual(['classify', 'detect']);
  expect(refusedByRole(standIn)).toEqual([]);
});

test('a field that is taken out of the spec gets its default again', async () => {
  const { cluster, apply, planned } = await watched();
  const settings = async () => (await appliedIn(cluster)).settings;
  await planned({ image: 'registry.example/own:1', modelsClaim: 'models', gateways: 3 });
  await until(async () => expect((await settings())?.modelsClaim).toBe('models'));
  await apply(spec);
  await until(async () => {
    const { namespace: _, ...defaults } = podSettings('fashion', 'shop', {});
    expect(await settings()).toMatchObject(defaults);
  });
});

test('a changed SLA is planned on the same profile; one that no plan meets says what would, and what serves stays', async () => {
  const { standIn, cluster, apply, planned } = await watched();
  await planned();
  await apply({ ...spec, slaMs: 0.1 });
  await until(() =>
    expect(reasonsOf(standIn)).toEqual({
      Profiled: 'True Measured',
      Planned: 'False Infeasible',
      Ready: 'Unknown Waiting',
    }),
  );
  expect(conditionOf(standIn, 'Planned')).toMatchObject({
    observedGeneration: 2,
    message: expect.stringMatching(/SLA/),
  });
  expect((await currentPlan(cluster)).slaMs).toBe(300);
  await apply({ ...spec, slaMs: 150 });
  await until(async () => expect((await currentPlan(cluster)).slaMs).toBe(150));
  expect(jobsMade(standIn)).toBe(0);
});

test('watch says that there is no InferencePipeline before one is made and after it is deleted, and what serves stays', async () => {
  const { standIn, cluster, events, planned } = await watched();
  const none = expect.stringMatching(/^no InferencePipeline fashion in shop/);
  await until(() => expect(events).toEqual([none]));
  await planned();
  standIn.store.remove('apis/ipa-edge.dev/v1alpha1/namespaces/shop/inferencepipelines/fashion');
  await until(() => expect(events.filter((text) => text.startsWith('no Inf'))).toHaveLength(2));
  expect((await currentPlan(cluster)).slaMs).toBe(300);
});

test('a plan for which the nodes have no room is applied, because watch may not list them, and Ready tells what its pods wait for', async () => {
  const { standIn, measured } = await watched();
  for (const name of ['amd64', 'arm64']) standIn.store.remove(`api/v1/nodes/${name}`);
  await measured();
  addStartingPod(standIn);
  const message = '0/0 nodes are available: 1 Insufficient cpu.';
  standIn.store.setStatus('api/v1/namespaces/shop/pods/fashion-detect-x', {
    conditions: [{ type: 'PodScheduled', status: 'False', message }],
  });
  await until(() => expect(conditionOf(standIn, 'Ready')?.message).toContain(`fashion-detect-x: ${message}`));
  expect(standIn.seen.filter(({ url }) => url.includes('/nodes'))).toEqual([]);
});

test('a field that another tool manages stays as that tool set it, and the rest of a new plan and image is applied, to the gateways too', async () => {
  const { standIn, cluster, events, apply, planned } = await watched();
  await planned();
  const rival = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'fashion-detect' },
    spec: { replicas: 17 },
  };
  const key = `${DEPLOYMENTS}/fashion-detect`;
  await fetch(`${standIn.url}/${key}?fieldManager=autoscaler&force=true`, {
    method: 'PATCH',
    headers: { authorization: standIn.authorization, 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(rival),
  });
  const image = 'registry.example/ipa-edge:next';
  await apply({ ...spec, slaMs: 150, image });
  await until(async () => expect((await currentPlan(cluster)).slaMs).toBe(150));
  await until(() =>
    expect(events.join('\n')).toMatch(/left as other tools set it: .*replicas of Deployment fashion-detect/),
  );
  expect(standIn.store.get(key)!.spec).toMatchObject({ replicas: 17 });
  for (const of of ['detect', 'gateway'])
    expect(JSON.stringify(standIn.store.get(key.replace('detect', of))), of).toContain(image);
  await until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
});

test('a plan that watch still makes when it no longer leads is not applied', async () => {
  const { cluster, apply, profiled, stop, ended } = await watched();
  const read = cluster.read.bind(cluster);
  vi.spyOn(cluster, 'read').mockImplementation(async (ref) => {
    const object = await read(ref);
    // Watch reads the plan that serves right before it makes another one, so it stops leading while it plans.
    if (ref.metadata.name === 'fashion-plan') setTimeout(() => stop.abort());
    return object;
  });
  await apply(spec);
  await profiled();
  await ended;
  expect((await appliedIn(cluster)).current).toBeNull();
});

test('where plans follow the load, watch adapts the applied plan until the spec changes', async () => {
  const rates: number[] = [];
  let stopped = 0;
  const { standIn, cluster, apply, planned } = await watched(async (_profile, engine, signal) => {
    rates.push((await engine.plan())!.slaMs);
    await once(signal, 'abort');
    stopped++;
  });
  await planned({ adapt: true });
  await until(() => expect(rates).toEqual([300]));
  await apply({ ...spec, adapt: true, slaMs: 150 });
  await until(() => expect(rates).toEqual([300, 150]));
  expect(stopped).toBe(1);
  expect((await currentPlan(cluster)).slaMs).toBe(150);
  expect(reasonsOf(standIn).Planned).toBe('True Applied');
});

test('while the pods cannot be read, the plan goes on following the load, and Ready is unknown', async () => {
  let started = 0;
  let stopped = 0;
  const { standIn, cluster, planned } = await watched(async (_profile, _engine, signal) => {
    started++;
    await once(signal, 'abort');
    stopped++;
  });
  await planned({ adapt: true });
  await until(() => expect(reasonsOf(standIn).Ready).toBe('False PodsStarting'));
  const list = vi.spyOn(cluster, 'list').mockRejectedValue(new ApiError(429, 'too many requests'));
  await until(() => expect(reasonsOf(standIn).Ready).toBe('Unknown NotRead'));
  expect(conditionOf(standIn, 'Ready')!.message).toContain('too many requests');
  list.mockRestore();
  await until(() => expect(reasonsOf(standIn).Ready).toBe('False PodsStarting'));
  expect([started, stopped]).toEqual([1, 0]);
});

test('the API server refuses what the schema does not allow, and no client but watch writes the status', async () => {
  const { standIn, apply } = await watched();
  await expect(apply({ ...spec, slaMs: -1 })).rejects.toThrow(/slaMs/);
  await expect(apply({ ...spec, slamS: 1 })).rejects.toThrow(/invalid/);
  await apply(spec, { plan: 'mine' });
  await until(() => expect(reasonsOf(standIn).Profiled).toBe('False Profiling'));
  expect(statusOf(standIn).plan).toBeUndefined();
});
