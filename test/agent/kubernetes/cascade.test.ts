import { expect, test, vi } from 'vitest';
import { OtherPodsError, PlanReplacedError } from '../../../agent/cluster/errors.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { deployment } from './applied.ts';
import { appliedIn, engineIn, standInCluster } from './cluster.ts';
import { cascadeProfile } from './fashion-profile.ts';
import { arrivals, deploymentOf, watch } from './watched.ts';

const profile = cascadeProfile();
const planAt = await planOn(profile);
/**
 * Plans for few cores. At a low rate the best classifier answers alone; at a high rate it answers only what a fast one is not
 * sure of.
 */
const planFor = (ratePerS: number): Promise<Plan> =>
  planAt({
    ...planRequest(profile, { slaMs: 300, ratePerS, resources: { cores: 6 } }),
    apart: true,
  });
const [alone, cascade, busier] = (await Promise.all([2, 100, 150].map(planFor))) as [Plan, Plan, Plan];
const rowsOf = ({ stages }: Plan) => stages.map(({ name, replicas }) => [name, replicas] as const);

/** Checks that the deployments have as many pods as a plan wants. @param idle rows whose deployments must have no pods */
const scaled = async (
  cluster: Parameters<typeof deploymentOf>[0],
  plan: Plan,
  idle: readonly string[] = [],
) => {
  for (const [name, replicas] of [...rowsOf(plan), ...idle.map((name) => [name, 0] as const)])
    expect([name, (await deploymentOf(cluster, `fashion-${name}`)).replicas]).toEqual([name, replicas]);
};

test('the plans of this file are with a cascade where the load is high, and without one where it is low', () => {
  expect(rowsOf(alone).map(([name]) => name)).toEqual(['detect', 'classify']);
  for (const plan of [cascade, busier])
    expect(rowsOf(plan).map(([name]) => name)).toEqual(['detect', 'classify', 'classify-heavy']);
  expect(rowsOf(busier)).not.toEqual(rowsOf(cascade));
});

test('a plan whose stages share a pod has no cascade, because a plan without it would need another pod', async () => {
  const request = planRequest(profile, { slaMs: 300, ratePerS: 15, resources: { cores: 1 } });
  const [machine, pods] = [await planAt(request), await planAt({ ...request, apart: true })];
  expect(rowsOf(machine).map(([name]) => name)).toContain('classify-heavy');
  expect(rowsOf(pods).map(([name]) => name)).toEqual(['detect', 'classify']);
  expect(pods.workers.map(({ stages }) => stages)).toEqual([['detect', 'classify']]);
});

test('adapting scales both deployments of a cascade; a plan without it ends the heavy pods, whose deployment stays for the next', async () => {
  const { cluster } = await standInCluster();
  const engine = engineIn(cluster);
  await engine.apply(cascade);
  await scaled(cluster, cascade);
  expect(await engine.cascadeStages()).toEqual(new Set(['classify']));
  await engine.adapt(busier, cascade);
  await scaled(cluster, busier);
  await engine.adapt(alone, busier);
  await scaled(cluster, alone, ['classify-heavy']);
  expect((await appliedIn(cluster)).current).toEqual(alone);
  expect((await engine.adapt(alone, alone)).filter(({ state }) => state !== 'unchanged')).toEqual([]);
  await engine.adapt(cascade, alone);
  await scaled(cluster, cascade);
});

/** Sets the number of heavy pods as a HorizontalPodAutoscaler does. */
const autoscale = (standIn: Awaited<ReturnType<typeof standInCluster>>['standIn'], replicas: number) =>
  fetch(
    `${standIn.url}/apis/apps/v1/namespaces/shop/deployments/fashion-classify-heavy?fieldManager=kube-controller-manager&force=true`,
    {
      method: 'PATCH',
      headers: { authorization: standIn.authorization, 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ ...deployment('fashion-classify-heavy'), spec: { replicas } }),
    },
  );

test('heavy pods whose number an autoscaler sets end with the cascade too, and the next cascade has them again', async () => {
  const { cluster, standIn } = await standInCluster();
  const engine = engineIn(cluster);
  await engine.apply(cascade);
  expect((await autoscale(standIn, 5)).status).toBe(200);
  await engine.adapt(busier, cascade);
  expect((await deploymentOf(cluster, 'fashion-classify-heavy')).replicas).toBe(5);
  await engine.adapt(alone, busier);
  await scaled(cluster, alone, ['classify-heavy']);
  await engine.adapt(cascade, alone);
  await scaled(cluster, cascade);
});

test('a plan without the cascade that was cut off while it was applied ends the heavy pods when it is applied again', async () => {
  const { cluster } = await standInCluster();
  const engine = engineIn(cluster);
  await engine.apply(cascade);
  const apply = cluster.apply.bind(cluster);
  vi.spyOn(cluster, 'apply').mockImplementation(async (object, options) => {
    if (object.metadata.name === 'fashion-classify-heavy' && !options?.dryRun) throw new Error('cut off');
    return apply(object, options);
  });
  await expect(engine.adapt(alone, cascade)).rejects.toThrow('cut off');
  expect((await appliedIn(cluster)).current).toEqual(alone);
  vi.mocked(cluster.apply).mockRestore();
  await engine.adapt(alone, alone);
  await scaled(cluster, alone, ['classify-heavy']);
});

test('a cascade in a stage that has no deployment for a heavy variant is refused, and nothing is changed', async () => {
  const { cluster, standIn } = await standInCluster();
  const engine = engineIn(cluster);
  await engine.apply(alone);
  expect(await engine.cascadeStages()).toEqual(new Set());
  const { version } = standIn.store;
  const refused = engine.adapt(cascade, alone);
  await expect(refused).rejects.toBeInstanceOf(OtherPodsError);
  await expect(refused).rejects.toThrow(
    /hold the stages detect, classify, .* wants detect, classify, classify-heavy/,
  );
  expect(standIn.store.version).toBe(version);
});

test('watch follows the arrivals at the gateways with a cascade and without it, and a rollback is followed too', async () => {
  const { cluster, standIn } = await standInCluster();
  const engine = engineIn(cluster);
  for (const plan of [busier, cascade]) await engine.apply(plan);
  const load = await arrivals(standIn);
  let foreseenPerS = 190;
  load.ratePerS = foreseenPerS;
  const { events, decided } = await watch(cluster, {
    foreseenPerS: () => foreseenPerS,
    adaptationFor: (plan) => ({
      predictor: lastWindow,
      intervalS: 1,
      system: ipaEdgeSystem(planAt, { ...standingRequest(plan, ['cpu']), apart: true }, () => 1000),
    }),
  });
  const names = async () => rowsOf((await appliedIn(cluster)).current!);
  await until(() => expect(events.join('\n')).toMatch(/under 0\.95 res32 b\d ×/));
  await until(async () => {
    const { current } = await appliedIn(cluster);
    expect(current!.ratePerS).toBeGreaterThan(110);
    expect(current!.stages.map(({ name }) => name)).toContain('classify-heavy');
    await scaled(cluster, current!);
  });
  foreseenPerS = 1;
  load.ratePerS = foreseenPerS;
  await until(async () => {
    const { current } = await appliedIn(cluster);
    expect((await names()).map(([name]) => name)).toEqual(['detect', 'classify']);
    await scaled(cluster, current!, ['classify-heavy']);
  });
  decided.most = 0;
  // If `watch` stores a plan during the rollback, the rollback is refused, and is to be tried again.
  const rollBack = (): ReturnType<typeof engine.rollBack> =>
    engine.rollBack().catch((error) => {
      if (error instanceof PlanReplacedError) return rollBack();
      throw error;
    });
  const { plan } = await rollBack();
  expect(plan).toEqual(busier);
  await until(() => expect(events.join('\n')).toContain('another plan was applied'));
  expect((await appliedIn(cluster)).current).toEqual(plan);
  // If `watch` was just applying a plan during the rollback, some deployments have that plan's replicas for a moment.
  await until(() => scaled(cluster, plan));
});
