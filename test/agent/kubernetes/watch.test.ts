import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { arrivalsIn, Growth } from '../../../agent/cluster/watch/arrivals.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { applyPlan } from '../../../agent/kubernetes/apply.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { Leadership } from '../../../agent/kubernetes/lease.ts';
import { readApplied } from '../../../agent/kubernetes/plans.ts';
import { PlanRefusedError } from '../../../agent/service/errors.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planOnce } from '../../../workers/planner/planner.ts';
import { planOn } from '../../solver/profiles.ts';
import { standInCluster } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { fashion, settings } from './objects/plans.ts';
import type { StandIn } from './stand-in/server.ts';

const deployed = { models: fashion.pipeline, settings };
const backOff = { firstMs: 50, mostMs: 200 };

const measured = fashionProfile();
const planFor = (ratePerS: number, slaMs = 300): Promise<Plan> =>
  planOnce(measured, { slaMs, ratePerS, resources: { cores: 40 } });

/** A gateway as far as its arrivals go. */
async function arrivals(standIn: StandIn): Promise<{ ratePerS: number }> {
  const load = { ratePerS: 0 };
  let count = 0;
  const timer = setInterval(() => {
    count += load.ratePerS / 20;
  }, 50);
  const server = createServer((_request, response) =>
    response.end(`ipa_edge_arrivals_total{model="fashion"} ${Math.floor(count)}\n`),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.services.set('fashion-gateway', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    clearInterval(timer);
    server.close();
  });
  return load;
}

/** Stands for a plan of another profile: its load cannot be followed. */
const UNKNOWN_SLA_MS = 299;

/** Watches until the test has finished. */
async function watch(cluster: KubernetesApi) {
  const planAt = await planOn(measured);
  const events: string[] = [];
  const stop = new AbortController();
  const ended = control(
    {
      engine: new KubernetesEngine(cluster, { models: fashion.pipeline, namespace: 'shop' }),
      pipeline: 'fashion',
      backOff,
      adaptation: (plan) => {
        if (plan.slaMs === UNKNOWN_SLA_MS)
          throw new PlanRefusedError('The plan', ['it is of another profile'], 'Give it.');
        return {
          system: ipaEdgeSystem(planAt, standingRequest(plan, ['cpu'])),
          predictor: lastWindow,
          intervalS: 2,
        };
      },
      onEvent: (what) => events.push(what),
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { events };
}

const pods = async (cluster: KubernetesApi): Promise<number> => {
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  return current!.stages.reduce((sum, { replicas }) => sum + replicas, 0);
};

const deploymentOf = async (cluster: KubernetesApi, name: string) =>
  (await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } }))!
    .spec as { replicas: number };

const until = <T>(check: () => Promise<T> | T): Promise<T> =>
  vi.waitFor(check, { timeout: 40_000, interval: 200 });

test('as the load grows the plan gets more, its history is told, and a cluster that was gone is followed on', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 2;
  const { events } = await watch(cluster);
  const before = await pods(cluster);
  load.ratePerS = 150;
  await until(async () => expect(await pods(cluster)).toBeGreaterThan(before));
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(current!.stages[0]!.replicas);
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
  const many = current!.stages.reduce((sum, { replicas }) => sum + replicas, 0);
  await until(async () => expect(await pods(cluster)).toBeLessThan(many));
  // What it has applied itself it does not take for somebody else's.
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('a plan that the API server is lost over is applied to its end when it is back', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const apply = cluster.apply.bind(cluster);
  let cut = false;
  vi.spyOn(cluster, 'apply').mockImplementation(async (object, options) => {
    const applied = await apply(object, options);
    if (object.kind === 'ConfigMap' && !options?.dryRun && !cut) {
      cut = true;
      await standIn.down();
    }
    return applied;
  });
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events } = await watch(cluster);
  await until(() => expect(cut).toBe(true));
  load.ratePerS = 0;
  await standIn.up();
  await until(() => expect(events.join('\n')).toContain('it is applied again'));
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    for (const { name, replicas } of current!.stages)
      expect((await deploymentOf(cluster, `fashion-${name}`)).replicas).toBe(replicas);
  });
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('what another manager has taken stays, is told, and is applied once it is given up', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
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
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events } = await watch(cluster);
  await until(() => expect(events.join('\n')).toContain('.spec.replicas by autoscaler'));
  expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(17);
  await until(async () => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event', namespace: 'shop' });
    expect(items.map(({ reason, type }) => [reason, type])).toContainEqual(['PlanStays', 'Warning']);
  });
  await rival({});
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    expect(current!.ratePerS).toBeGreaterThan(2);
    expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(current!.stages[0]!.replicas);
  });
});

test('a plan that somebody else applies is followed, with what it was asked for', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 2;
  const { events } = await watch(cluster);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await applyPlan(cluster, await planFor(2, 150), deployed);
  await until(() => expect(events.join('\n')).toContain('another plan was applied'));
  load.ratePerS = 150;
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    expect(current!.ratePerS).toBeGreaterThan(100);
    expect(current!.slaMs).toBe(150);
  });
});

test('an image that somebody else applies stays, whatever plans follow', async () => {
  const { cluster, standIn } = await standInCluster();
  const first = await planFor(2);
  await applyPlan(cluster, first, deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 2;
  await watch(cluster);
  const image = 'registry.example/ipa-edge:next';
  await applyPlan(cluster, first, { ...deployed, settings: { ...settings, image } });
  load.ratePerS = 150;
  await until(async () =>
    expect((await readApplied(cluster, 'fashion', 'shop')).current!.ratePerS).toBeGreaterThan(100),
  );
  expect((await readApplied(cluster, 'fashion', 'shop')).settings!.image).toBe(image);
  expect(JSON.stringify(await deploymentOf(cluster, 'fashion-detect'))).toContain(image);
});

test('while the gateway does not say what arrives, nothing is decided', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(150), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events } = await watch(cluster);
  const url = standIn.services.get('fashion-gateway')!;
  await until(() => expect(events.join('\n')).toMatch(/became .* for 1\d\d\.?\d* requests/));
  standIn.services.delete('fashion-gateway');
  await until(() => expect(events.join('\n')).toContain('the cluster cannot be followed'));
  const before = await pods(cluster);
  const { length } = events;
  // Longer than the window that is looked back on.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  expect(events.slice(length)).toEqual([]);
  expect(await pods(cluster)).toBe(before);
  standIn.services.set('fashion-gateway', url);
  load.ratePerS = 1;
  await until(async () => expect(await pods(cluster)).toBeLessThan(before));
});

test('a plan that cannot be followed is told, and stays until another one is applied', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events } = await watch(cluster);
  await applyPlan(cluster, await planFor(2, UNKNOWN_SLA_MS), deployed);
  await until(() => expect(events.join('\n')).toContain('it is of another profile'));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  expect(current).toMatchObject({ slaMs: UNKNOWN_SLA_MS, ratePerS: 2 });
  await applyPlan(cluster, await planFor(2), deployed);
  await until(async () =>
    expect((await readApplied(cluster, 'fashion', 'shop')).current!.ratePerS).toBeGreaterThan(100),
  );
});

/** Asks for a lease; when it leads, from when to when. */
function candidate(cluster: KubernetesApi, identity: string) {
  const stop = new AbortController();
  const led: { fromMs: number; toMs: number }[] = [];
  const leadership = new Leadership({
    api: cluster,
    namespace: 'shop',
    name: 'fashion-watch',
    identity,
    durationMs: 1500,
    signal: stop.signal,
    onEvent: () => {},
  });
  const ended = leadership.run(async (signal) => {
    const stretch = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY };
    led.push(stretch);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stretch.toMs = performance.now();
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const leads = () => led.at(-1)?.toMs === Number.POSITIVE_INFINITY;
  return { led, leads, stop: () => stop.abort(), ended };
}

test('of those who watch one leads at a time, and another follows when it ends or cannot be heard of', async () => {
  const { cluster, standIn } = await standInCluster();
  let cut = false;
  const cuttable = new KubernetesApi({
    server: standIn.url,
    authorise: async (options) => {
      if (cut) throw new Error('cut off');
      return { ...options, headers: { ...options.headers, authorization: standIn.authorization } };
    },
  });
  const first = candidate(cuttable, 'first');
  await until(() => expect(first.leads()).toBe(true));
  const second = candidate(cluster, 'second');
  const third = candidate(cluster, 'third');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect([second.led, third.led]).toEqual([[], []]);
  cut = true;
  await until(() => expect(second.leads() || third.leads()).toBe(true));
  expect(first.leads()).toBe(false);
  const [leading, waiting] = second.leads() ? [second, third] : [third, second];
  // It says that it goes, so that nobody has to wait for its lease to expire.
  leading.stop();
  await leading.ended;
  await until(() => expect(waiting.leads()).toBe(true));
  const stretches = [...first.led, ...second.led, ...third.led].sort((a, b) => a.fromMs - b.fromMs);
  expect(stretches.length).toBe(3);
  for (const [i, { toMs }] of stretches.slice(0, -1).entries())
    expect(toMs).toBeLessThanOrEqual(stretches[i + 1]!.fromMs);
  const lease = await cluster.read({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'fashion-watch', namespace: 'shop' },
  });
  expect(lease!.spec).toMatchObject({ leaseDurationSeconds: 2, leaseTransitions: 2 });
});

test('a counter is read by its model, and one that began anew has grown by all of it', () => {
  const name = 'ipa_edge_arrivals_total';
  const text = `${name}{model="a"} 3\n${name}{model="b"} 5\n${name}{model="a",k="v"} 4\ny{model="a"} 9\n# ${name}{model="a"} 1\n`;
  expect(arrivalsIn(text, 'a')).toBe(7);
  expect(arrivalsIn(text, 'c')).toBe(0);
  const growth = new Growth();
  expect([10, 15, 15, 4].map((count) => growth.since(count))).toEqual([0, 5, 0, 4]);
});
