import { expect, test, vi } from 'vitest';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { LoadState } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { until } from '../../until.ts';
import { appliedIn, engineIn, standInCluster } from './cluster.ts';
import { settings } from './objects/plans.ts';
import {
  arrivals,
  asksOn,
  currentPlan,
  deploymentOf,
  engineOfWatch,
  GATEWAY,
  planFor,
  pods,
  UNKNOWN_SLA_MS,
  watch,
} from './watched.ts';

/** A cluster to which a plan was applied, with the load of its gateway. */
async function planned(ratePerS = 2) {
  const { cluster, standIn } = await standInCluster();
  const first = await planFor(ratePerS);
  await engineIn(cluster).apply(first);
  return { cluster, standIn, first, load: await arrivals(standIn) };
}

/** Waits until `watch` has applied a plan for a load of 150 requests/s. */
const grown = (cluster: KubernetesApi) =>
  until(async () => expect((await currentPlan(cluster)).ratePerS).toBeGreaterThan(100));

/**
 * Calls `work` once, in the middle of the next apply of a plan for more than 2 requests/s. At that moment the plan is stored or,
 * with `dryRun`, about to be stored, and the deployments are still those of the plan before.
 */
function amidApply(cluster: KubernetesApi, work: () => Promise<unknown>, { dryRun = false } = {}): void {
  const apply = cluster.apply.bind(cluster);
  let begun = false;
  vi.spyOn(cluster, 'apply').mockImplementation(async (object, options) => {
    const applied = await apply(object, options);
    const { 'plan.json': plan } = (object as { data?: Record<string, string> }).data ?? {};
    const isNew = plan !== undefined && JSON.parse(plan).ratePerS > 2;
    if (isNew && (options?.dryRun ?? false) === dryRun && !begun) {
      begun = true;
      await work();
    }
    return applied;
  });
}

test('as the load grows the plan gets more, its history is told, and a cluster that was gone is followed on', async () => {
  const { cluster, standIn, load } = await planned();
  load.ratePerS = 2;
  const { events } = await watch(cluster);
  const before = await pods(cluster);
  load.ratePerS = 150;
  const many = await until(async () => {
    const current = await currentPlan(cluster);
    const [detect, classify] = current.stages.map(({ replicas }) => replicas);
    expect(detect! + classify!).toBeGreaterThan(before);
    expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(detect);
    return detect! + classify!;
  });
  const history = await until(async () => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event', namespace: 'shop' });
    expect(items.length).toBeGreaterThan(0);
    return items;
  });
  expect(history[0]).toMatchObject({
    reason: 'PlanChanged',
    type: 'Normal',
    involvedObject: { kind: 'ConfigMap', name: 'fashion-plan' },
    message: expect.stringMatching(/ became .* requests\/s within 300 ms/),
  });

  await standIn.down();
  await until(() => expect(events.join('\n')).toContain('the cluster cannot be followed'));
  load.ratePerS = 1;
  await standIn.up();
  await until(() => expect(events.join('\n')).toContain('the cluster answers again'));
  await until(async () => expect(await pods(cluster)).toBeLessThan(many));
  // `watch` does not take its own plan for somebody else's.
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('replicas that were kept after a burst end, although no other plan is decided on later', async () => {
  const { cluster } = await planned();
  const before = await pods(cluster);
  let foreseenPerS = 150;
  const { decided } = await watch(cluster, { foreseenPerS: () => foreseenPerS, stableMs: 5000 });
  await until(async () => expect(await pods(cluster)).toBeGreaterThan(before));
  foreseenPerS = 1;
  decided.most = decided.times + 1;
  await until(async () => expect(await pods(cluster)).toBeLessThanOrEqual(before));
});

test('a plan that the API server is lost over is applied to its end when it is back', async () => {
  const { cluster, standIn, load } = await planned();
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster, { foreseenPerS: () => 150 });
  // Only one decision is made, because a second would replace the plan that the outage interrupts.
  decided.most = 1;
  amidApply(cluster, () => standIn.down());
  // If the API server were back at once, `watch` would apply the rest of the plan without noticing the outage.
  await until(() => expect(events.join('\n')).toMatch(/the plan stays: .* does not answer/));
  await standIn.up();
  await until(() => expect(events.join('\n')).toContain('it is applied again'));
  await until(async () => {
    const current = await currentPlan(cluster);
    expect(current.ratePerS).toBeGreaterThan(2);
    for (const { name, replicas } of current.stages)
      expect((await deploymentOf(cluster, `fashion-${name}`)).replicas).toBe(replicas);
  });
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('a field that another tool has taken stays and is reported, the rest of the plan is applied, and the field too once it is given up', async () => {
  const { cluster, standIn, load } = await planned();
  const rival = (spec: object) =>
    fetch(
      `${standIn.url}/apis/apps/v1/namespaces/shop/deployments/fashion-detect?fieldManager=autoscaler&force=true`,
      {
        method: 'PATCH',
        headers: { authorization: standIn.authorization, 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'fashion-detect' },
          spec,
        }),
      },
    );
  await rival({ replicas: 17 });
  load.ratePerS = 150;
  const { events } = await watch(cluster);
  await until(() =>
    expect(events.join('\n')).toContain(
      '.spec.replicas of Deployment fashion-detect, which autoscaler manages',
    ),
  );
  await until(async () => {
    const current = await currentPlan(cluster);
    expect(current.ratePerS).toBeGreaterThan(2);
    expect((await deploymentOf(cluster, 'fashion-classify')).replicas).toBe(current.stages[1]!.replicas);
  });
  expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(17);
  await until(async () => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event', namespace: 'shop' });
    expect(items.map(({ reason, type }) => [reason, type])).toContainEqual(['FieldsStay', 'Warning']);
  });
  await rival({});
  await until(async () => {
    const current = await currentPlan(cluster);
    expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(current.stages[0]!.replicas);
  });
});

test('the stored plan follows the load whoever made its ConfigMap', async () => {
  const { cluster, standIn, first } = await planned();
  const metadata = { name: 'fashion-plan', namespace: 'shop' };
  const data = { 'plan.json': JSON.stringify(first) };
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  const key = 'api/v1/namespaces/shop/configmaps/fashion-plan';
  standIn.store.apply(key, made, 'kubectl-client-side-apply', true, false);
  const next = await planFor(150);
  await engineOfWatch(cluster).adapt(next, first);
  expect(await currentPlan(cluster)).toEqual(next);
});

test('a plan that somebody else applies is followed, with what it was asked for', async () => {
  const { cluster, load } = await planned();
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster);
  await until(() => expect(load.asked).toBeGreaterThan(0));
  await decided.end();
  await engineIn(cluster).apply(await planFor(2, 150));
  await until(() => expect(events.join('\n')).toContain('another plan was applied'));
  decided.most = Number.POSITIVE_INFINITY;
  await until(async () => {
    const current = await currentPlan(cluster);
    expect(current.ratePerS).toBeGreaterThan(100);
    expect(current.slaMs).toBe(150);
  });
});

test('an image that somebody else applies stays, whatever plans follow', async () => {
  const { cluster, first } = await planned();
  const engine = engineOfWatch(cluster);
  const image = 'registry.example/ipa-edge:next';
  await engineIn(cluster, { ...settings, image }).apply(first);
  const next = await planFor(150);
  await engine.adapt(next, first);
  expect(await currentPlan(cluster)).toEqual(next);
  expect((await appliedIn(cluster)).settings!.image).toBe(image);
  expect(JSON.stringify(await deploymentOf(cluster, 'fashion-detect'))).toContain(image);
});

test('while the gateway does not say what arrives, nothing is decided', async () => {
  const { cluster, standIn, load } = await planned(150);
  load.ratePerS = 150;
  // The forecast is fixed, because a forecast from the last seconds would foresee no load before the first count.
  let foreseenPerS = 150;
  const { events, decided } = await watch(cluster, { foreseenPerS: () => foreseenPerS });
  const url = standIn.pods.get(GATEWAY)!;
  await until(() => expect(decided.times).toBeGreaterThan(0));
  standIn.pods.delete(GATEWAY);
  await until(() => expect(events.join('\n')).toContain('the cluster cannot be followed'));
  // A decision that began before may still end.
  await asksOn(standIn);
  const { times } = decided;
  await asksOn(standIn);
  expect(decided.times).toBe(times);
  const before = await pods(cluster);
  standIn.pods.set(GATEWAY, url);
  load.ratePerS = 1;
  foreseenPerS = 1;
  await until(async () => expect(await pods(cluster)).toBeLessThan(before));
});

test('a plan that somebody applied since the last reading is not overwritten', async () => {
  const { cluster } = await planned();
  const [other, own] = [await planFor(3), await planFor(150)];
  const followed: Plan[] = [];
  let hasDecided = false;
  const { engine, events } = await watch(cluster, {
    adaptationFor(plan) {
      followed.push(plan);
      return {
        system: { name: 'stub', overtaken: () => false, plan: decide },
        predictor: lastWindow,
        intervalS: 1,
      };
    },
  });
  /**
   * Returns the decided plan only after somebody has applied another plan, which the reading under way has not seen: that reading
   * read the plan before its counts.
   */
  async function decide(_load: LoadState, current: Plan | undefined): Promise<Plan> {
    if (hasDecided) return current!;
    hasDecided = true;
    await new Promise<void>((resolve) => {
      const counts = vi.spyOn(engine, 'counts').mockImplementation(async () => {
        // This fails if `watch` itself is applying a plan at this moment. Then `watch` reads the counts once more.
        await engineIn(cluster).apply(other);
        counts.mockRestore();
        resolve();
        return new Map();
      });
    });
    return own;
  }
  await until(() => expect(followed).toHaveLength(2));
  expect(events.join('\n')).toContain('another plan was applied');
  expect(await currentPlan(cluster)).toEqual(other);
});

/**
 * Lets somebody apply another plan in the middle of an apply of `watch`. Resolves once `watch` follows that plan, which stays.
 */
async function appliedAmid(moment?: Parameters<typeof amidApply>[2]) {
  const { cluster } = await planned();
  const other = await planFor(40);
  const { events, decided } = await watch(cluster, { foreseenPerS: () => 150 });
  // A second decision would replace the other plan by one of watch's own.
  decided.most = 1;
  amidApply(cluster, () => engineIn(cluster).apply(other), moment);
  await until(() => expect(events.join('\n')).toContain('another plan was applied'));
  expect(await currentPlan(cluster)).toEqual(other);
  return { cluster, events, other };
}

test('a plan that somebody applies while another is being applied has all its objects in the end', async () => {
  const { cluster, other } = await appliedAmid();
  await until(async () => {
    for (const { name, replicas } of other.stages)
      expect((await deploymentOf(cluster, `fashion-${name}`)).replicas).toBe(replicas);
  });
});

test('a plan that somebody applies while another is about to be stored stays, and is followed', async () => {
  const { events } = await appliedAmid({ dryRun: true });
  expect(events.join('\n')).toContain('the plan stays: Another process has stored another plan of fashion');
});

test('a plan that cannot be followed is told, and stays until another one is applied', async () => {
  const { cluster, standIn, load } = await planned();
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster);
  decided.most = 0;
  await engineIn(cluster).apply(await planFor(2, UNKNOWN_SLA_MS));
  await until(() => expect(events.join('\n')).toContain('it is of another profile'));
  decided.most = Number.POSITIVE_INFINITY;
  await asksOn(standIn);
  const current = await currentPlan(cluster);
  expect(current).toMatchObject({ slaMs: UNKNOWN_SLA_MS, ratePerS: 2 });
  await engineIn(cluster).apply(await planFor(2));
  await grown(cluster);
});
