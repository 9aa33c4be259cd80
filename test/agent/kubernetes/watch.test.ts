import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { control } from '../../../agent/cluster/watch/controller.ts';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { applyPlan } from '../../../agent/kubernetes/apply.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { readApplied } from '../../../agent/kubernetes/plans.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';
import { PlanRefusedError } from '../../../agent/service/errors.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import type { Predictor } from '../../../solver/adapt/predictors/predictor.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planOnce } from '../../../workers/planner/planner.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { standInCluster } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { fashion, settings } from './objects/plans.ts';
import type { StandIn } from './stand-in/server.ts';

const deployed = { pipeline: fashion.pipeline, settings };
const backOff = { firstMs: 50, mostMs: 200 };

const measured = fashionProfile();
const planFor = (ratePerS: number, slaMs = 300): Promise<Plan> =>
  planOnce(measured, { slaMs, ratePerS, resources: { cores: 40 } });

/** A gateway as far as its arrivals go: they come at a rate by the clock, however seldom they are counted. */
class Arrivals {
  #count = 0;
  #countedMs = performance.now();
  #ratePerS = 0;
  /** How often they were asked for. */
  asked = 0;

  set ratePerS(ratePerS: number) {
    this.count();
    this.#ratePerS = ratePerS;
  }

  count(): number {
    const nowMs = performance.now();
    this.#count += (this.#ratePerS * (nowMs - this.#countedMs)) / 1000;
    this.#countedMs = nowMs;
    return Math.floor(this.#count);
  }
}

async function arrivals(standIn: StandIn): Promise<Arrivals> {
  const load = new Arrivals();
  const server = createServer((_request, response) => {
    load.asked++;
    response.end(`ipa_edge_arrivals_total{model="fashion"} ${load.count()}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.services.set('fashion-gateway', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => void server.close());
  return load;
}

/** Stands for a plan of another profile: its load cannot be followed. */
const UNKNOWN_SLA_MS = 299;

/** Watches until the test has finished. @param foreseenPerS what every forecast says; absent: the last seconds are foreseen */
async function watch(cluster: KubernetesApi, foreseenPerS?: number) {
  const planAt = await planOn(measured);
  const engine = new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: 'shop' });
  const events: string[] = [];
  /** Decisions so far, and how many there may be: without a forecast there is none, and no plan of the watch's own comes between. */
  const decided = { times: 0, most: Number.POSITIVE_INFINITY };
  /** Foresees the most of the last two seconds, so that a load that has fallen is soon followed. */
  const predictor: Predictor = {
    name: 'last-window',
    async forecast(countsPerS) {
      if (decided.times >= decided.most) throw new Error('nothing is foreseen');
      decided.times++;
      const most = foreseenPerS ?? Math.max(...countsPerS.slice(-2));
      return { medianPerS: most, p90PerS: most };
    },
  };
  const stop = new AbortController();
  const ended = control(
    {
      engine,
      pipeline: 'fashion',
      backOff,
      checkMs: 200,
      stableMs: 400,
      adaptationFor: (plan) => {
        if (plan.slaMs === UNKNOWN_SLA_MS)
          throw new PlanRefusedError('The plan', ['it is of another profile'], 'Give it.');
        return {
          system: ipaEdgeSystem(planAt, standingRequest(plan, ['cpu'])),
          predictor,
          intervalS: 1,
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
  return { engine, events, decided };
}

const pods = async (cluster: KubernetesApi): Promise<number> => {
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  return current!.stages.reduce((sum, { replicas }) => sum + replicas, 0);
};

const deploymentOf = async (cluster: KubernetesApi, name: string) =>
  (await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } }))!
    .spec as { replicas: number };

/**
 * Waits until a cluster that fails has been asked fifteen times more. That is two intervals of decisions at least: pauses
 * between two tries grow to 100 to 200 ms.
 */
async function asksOn(standIn: StandIn): Promise<void> {
  const before = standIn.seen.length;
  await until(() => expect(standIn.seen.length).toBeGreaterThan(before + 2 * 15));
}

test('as the load grows the plan gets more, its history is told, and a cluster that was gone is followed on', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 2;
  const { events } = await watch(cluster);
  const before = await pods(cluster);
  load.ratePerS = 150;
  const many = await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    const [detect, classify] = current!.stages.map(({ replicas }) => replicas);
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
  // What it has applied itself it does not take for somebody else's.
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('a plan that the API server is lost over is applied to its end when it is back', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster, 150);
  // Another decision would apply another plan, and leave nothing to end.
  decided.most = 1;
  const apply = cluster.apply.bind(cluster);
  let gone: Promise<void> | undefined;
  vi.spyOn(cluster, 'apply').mockImplementation(async (object, options) => {
    const applied = await apply(object, options);
    if (object.kind === 'ConfigMap' && !options?.dryRun && !gone) {
      gone = standIn.down();
      await gone;
    }
    return applied;
  });
  // Were the API server back at once, the rest of the plan would be applied as if nothing had happened.
  await until(() => expect(events.join('\n')).toMatch(/the plan stays: .* does not answer/));
  await standIn.up();
  await until(() => expect(events.join('\n')).toContain('it is applied again'));
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    expect(current!.ratePerS).toBeGreaterThan(2);
    for (const { name, replicas } of current!.stages)
      expect((await deploymentOf(cluster, `fashion-${name}`)).replicas).toBe(replicas);
  });
  expect(events.join('\n')).not.toContain('another plan was applied');
});

test('a field that another tool has taken stays and is reported, the rest of the plan is applied, and the field too once it is given up', async () => {
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
  await until(() =>
    expect(events.join('\n')).toContain(
      '.spec.replicas of Deployment fashion-detect, which autoscaler manages',
    ),
  );
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    expect(current!.ratePerS).toBeGreaterThan(2);
    expect((await deploymentOf(cluster, 'fashion-classify')).replicas).toBe(current!.stages[1]!.replicas);
  });
  expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(17);
  await until(async () => {
    const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Event', namespace: 'shop' });
    expect(items.map(({ reason, type }) => [reason, type])).toContainEqual(['FieldsStay', 'Warning']);
  });
  await rival({});
  await until(async () => {
    const { current } = await readApplied(cluster, 'fashion', 'shop');
    expect((await deploymentOf(cluster, 'fashion-detect')).replicas).toBe(current!.stages[0]!.replicas);
  });
});

test('watch, leading, makes no request that its Role does not allow', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const from = standIn.seen.length;
  const { engine, events } = await watch(cluster);
  const stop = new AbortController();
  let leading = false;
  const led = engine.lead(
    async () => {
      leading = true;
    },
    { onEvent: () => {}, signal: stop.signal },
  );
  await until(() => expect(leading).toBe(true));
  await until(() => expect(events.join('\n')).toContain('requests/s'));
  stop.abort();
  await led;
  const role = watchObjects(measured, fashion.pipeline, podSettings('fashion', 'shop', {})).find(
    ({ kind }) => kind === 'Role',
  );
  const { rules } = role as unknown as { rules: Rule[] };
  const requests = standIn.seen.slice(from).map(({ method, url }) => rightOf(method, url));
  const refused = requests.filter((right) => !rules.some((rule) => allows(rule, right)));
  expect(refused).toEqual([]);
  // The check refuses what the Role does not name.
  const secret = rightOf('GET', '/api/v1/namespaces/shop/secrets/fashion-token');
  expect(rules.some((rule) => allows(rule, secret))).toBe(false);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const VERBS: Record<string, string> = { GET: 'get', PATCH: 'patch', PUT: 'update', POST: 'create' };

/** The right that Kubernetes requires for a request. */
function rightOf(method: string, url: string) {
  const [, group = '', resource, name, sub] =
    /^\/api(?:s\/([^/]+))?\/[^/]+\/namespaces\/shop\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/.exec(url)!;
  return { group, resource: sub ? `${resource}/${sub}` : resource!, name, verb: VERBS[method]! };
}

const allows = (rule: Rule, { group, resource, name, verb }: ReturnType<typeof rightOf>): boolean =>
  rule.apiGroups.includes(group) &&
  rule.resources.includes(resource) &&
  rule.verbs.includes(verb) &&
  (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? ''));

test('a plan that somebody else applies is followed, with what it was asked for', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster);
  decided.most = 0;
  await until(() => expect(load.asked).toBeGreaterThan(0));
  await applyPlan(cluster, await planFor(2, 150), deployed);
  await until(() => expect(events.join('\n')).toContain('another plan was applied'));
  decided.most = Number.POSITIVE_INFINITY;
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
  load.ratePerS = 150;
  const { decided } = await watch(cluster);
  decided.most = 0;
  const image = 'registry.example/ipa-edge:next';
  await applyPlan(cluster, first, { ...deployed, settings: { ...settings, image } });
  decided.most = Number.POSITIVE_INFINITY;
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
  const { events, decided } = await watch(cluster);
  const url = standIn.services.get('fashion-gateway')!;
  await until(() => expect(decided.times).toBeGreaterThan(0));
  standIn.services.delete('fashion-gateway');
  await until(() => expect(events.join('\n')).toContain('the cluster cannot be followed'));
  const { times } = decided;
  await asksOn(standIn);
  expect(decided.times).toBe(times);
  const before = await pods(cluster);
  standIn.services.set('fashion-gateway', url);
  load.ratePerS = 1;
  await until(async () => expect(await pods(cluster)).toBeLessThan(before));
});

test('a plan that cannot be followed is told, and stays until another one is applied', async () => {
  const { cluster, standIn } = await standInCluster();
  await applyPlan(cluster, await planFor(2), deployed);
  const load = await arrivals(standIn);
  load.ratePerS = 150;
  const { events, decided } = await watch(cluster);
  decided.most = 0;
  await applyPlan(cluster, await planFor(2, UNKNOWN_SLA_MS), deployed);
  await until(() => expect(events.join('\n')).toContain('it is of another profile'));
  decided.most = Number.POSITIVE_INFINITY;
  await asksOn(standIn);
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  expect(current).toMatchObject({ slaMs: UNKNOWN_SLA_MS, ratePerS: 2 });
  await applyPlan(cluster, await planFor(2), deployed);
  await until(async () =>
    expect((await readApplied(cluster, 'fashion', 'shop')).current!.ratePerS).toBeGreaterThan(100),
  );
});
