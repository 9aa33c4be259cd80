import { expect, test } from 'vitest';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { until } from '../../until.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { clusterPlan, fashion, sharedPlan } from './objects/plans.ts';
import { allows, type Rule, rightOf } from './rights.ts';
import { arrivals, measured, planFor, watch } from './watched.ts';

/** The rules of watch's Role if its objects were exported with this plan. */
function rulesFor(plan: Plan): readonly Rule[] {
  const role = watchObjects(measured, {
    plan,
    pipeline: fashion.pipeline,
    settings: podSettings('fashion', 'shop', {}),
  }).find(({ kind }) => kind === 'Role');
  return (role as unknown as { rules: Rule[] }).rules;
}

test('watch, leading, makes no request that its Role does not allow', async () => {
  const { cluster, standIn } = await standInCluster();
  await engineIn(cluster).apply(await planFor(2));
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
  const rules = rulesFor(await planFor(2));
  const requests = standIn.seen.slice(from).map(({ method, url }) => rightOf(method, url));
  const refused = requests.filter((right) => !rules.some((rule) => allows(rule, right)));
  expect(refused).toEqual([]);
  // The check itself works: it finds a right that the Role does not give.
  const secret = rightOf('GET', '/api/v1/namespaces/shop/secrets/fashion-token');
  expect(rules.some((rule) => allows(rule, secret))).toBe(false);
});

test.each([
  ['each stage', 'all stages together', clusterPlan(), sharedPlan()],
  ['all stages together', 'each stage', sharedPlan(), clusterPlan()],
])(
  'a Role for a plan with pods for %s allows watch to follow a plan with pods for %s',
  async (_, __, exported, plan) => {
    const { cluster, standIn } = await standInCluster();
    const engine = engineIn(cluster);
    await engine.apply(plan);
    const from = standIn.seen.length;
    await engine.adapt(plan, plan);
    const requests = standIn.seen.slice(from).map(({ method, url }) => rightOf(method, url));
    expect(requests.map(({ resource }) => resource)).toContain('deployments');
    const rules = rulesFor(exported);
    expect(requests.filter((right) => !rules.some((rule) => allows(rule, right)))).toEqual([]);
  },
);
