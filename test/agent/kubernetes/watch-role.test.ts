import { expect, test } from 'vitest';
import { watchObjects } from '../../../agent/kubernetes/objects/watch.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';
import { until } from '../../until.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashion } from './objects/plans.ts';
import { allows, type Rule, rightOf } from './rights.ts';
import { arrivals, measured, planFor, watch } from './watched.ts';

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
