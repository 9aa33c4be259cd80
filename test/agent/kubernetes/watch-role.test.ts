import { expect, test } from 'vitest';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';
import { until } from '../../until.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashion } from './objects/plans.ts';
import { arrivals, measured, planFor, watch } from './watched.ts';

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
  const verb = method === 'GET' && name === undefined ? 'list' : VERBS[method]!;
  return { group, resource: sub ? `${resource}/${sub}` : resource!, name, verb };
}

const allows = (rule: Rule, { group, resource, name, verb }: ReturnType<typeof rightOf>): boolean =>
  rule.apiGroups.includes(group) &&
  rule.resources.includes(resource) &&
  rule.verbs.includes(verb) &&
  (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? ''));

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
  const role = watchObjects(measured, {
    plan: await planFor(2),
    pipeline: fashion.pipeline,
    settings: podSettings('fashion', 'shop', {}),
  }).find(({ kind }) => kind === 'Role');
  const { rules } = role as unknown as { rules: Rule[] };
  const requests = standIn.seen.slice(from).map(({ method, url }) => rightOf(method, url));
  const refused = requests.filter((right) => !rules.some((rule) => allows(rule, right)));
  expect(refused).toEqual([]);
  // The check refuses what the Role does not name.
  const secret = rightOf('GET', '/api/v1/namespaces/shop/secrets/fashion-token');
  expect(rules.some((rule) => allows(rule, secret))).toBe(false);
});
