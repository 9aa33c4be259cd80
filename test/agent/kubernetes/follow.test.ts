import { expect, onTestFinished, test, vi } from 'vitest';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { ClusterUnreachableError } from '../../../agent/kubernetes/errors.ts';
import { follow } from '../../../agent/kubernetes/follow.ts';
import type { KubernetesObject } from '../../../agent/kubernetes/objects/types.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { until } from '../../until.ts';
import { standInCluster } from './cluster.ts';

const object = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', labels: { a: 'b' } },
});

test('objects are followed through cut connections, a watch that has expired, and a server that was gone', async () => {
  const { cluster, standIn } = await standInCluster();
  const stop = new AbortController();
  let names: string[] = [];
  const events: string[] = [];
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', labels: { a: 'b' } };
  const ended = follow(
    cluster,
    ref,
    {
      onChange: (objects) => {
        names = objects.map(({ metadata }) => metadata.name).sort();
      },
      onEvent: (what) => events.push(what),
      signal: stop.signal,
    },
    { firstMs: 20, pauseMsMax: 100 },
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const untilThereAre = (expected: string[]) => until(() => expect(names).toEqual(expected));
  await cluster.apply(object('one'));
  await cluster.apply({ ...object('other'), metadata: { name: 'other', namespace: 'shop' } });
  await untilThereAre(['one']);

  const watches = () => standIn.seen.filter(({ url }) => url.includes('watch=true')).length;
  standIn.cut();
  await cluster.apply(object('two'));
  await untilThereAre(['one', 'two']);
  const before = watches();
  // The server forgets the changes made while it is down, so `follow` must list the objects again.
  await standIn.down();
  standIn.store.remove('api/v1/namespaces/shop/configmaps/one');
  standIn.store.compact();
  await until(() => expect(events.join('\n')).toContain('cannot be followed'));
  await standIn.up();
  await untilThereAre(['two']);
  expect(events.at(-1)).toContain('the API server is back');
  await until(() => expect(watches()).toBeGreaterThan(before));
  await cluster.apply(object('three'));
  await untilThereAre(['three', 'two']);
});

test('a watch that the server ends as expired is begun anew from a list, with no word about it', async () => {
  const { cluster, standIn } = await standInCluster();
  const stop = new AbortController();
  const seen: string[][] = [];
  const events: string[] = [];
  // The server forgets all changes once, between the list and the watch.
  const list = cluster.list.bind(cluster);
  let times = 0;
  vi.spyOn(cluster, 'list').mockImplementation(async (ref) => {
    const listed = await list(ref);
    if (times++ === 0) standIn.store.compact();
    return listed;
  });
  const ended = follow(
    cluster,
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' },
    {
      onChange: (objects) => seen.push(objects.map(({ metadata }) => metadata.name)),
      onEvent: (what) => events.push(what),
      signal: stop.signal,
    },
  );
  await until(() => expect(seen).toHaveLength(2));
  await cluster.apply(object('one'));
  await until(() => expect(seen.at(-1)).toEqual(['one']));
  expect(events).toEqual([]);
  stop.abort();
  await ended;
});

test('a bookmark moves the version from which the next watch begins, and changes no object', async () => {
  const { cluster } = await standInCluster();
  await cluster.apply(object('one'));
  const stop = new AbortController();
  const seen: string[][] = [];
  const from: string[] = [];
  const watch = cluster.watch.bind(cluster);
  vi.spyOn(cluster, 'watch').mockImplementation(async function* (ref, resourceVersion, signal) {
    from.push(resourceVersion);
    if (from.length > 1) return yield* watch(ref, resourceVersion, signal);
    // A bookmark is an object without a name.
    const metadata = { resourceVersion: '12345' } as unknown as KubernetesObject['metadata'];
    yield { type: 'BOOKMARK', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } };
  });
  const ended = follow(
    cluster,
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' },
    {
      onChange: (objects) => seen.push(objects.map(({ metadata }) => metadata.name)),
      onEvent: () => {},
      signal: stop.signal,
    },
    { firstMs: 20, pauseMsMax: 100 },
  );
  await until(() => expect(from).toHaveLength(2));
  stop.abort();
  await ended;
  expect(from[1]).toBe('12345');
  expect(seen).toEqual([['one']]);
});

/**
 * Follows objects for ten minutes in which none changes, while each watch is cut after a time.
 * @returns the milliseconds from each cut to the next list
 */
async function pausesBetweenWatches(lastsMs: number): Promise<number[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const stop = new AbortController();
  const pauses: number[] = [];
  let cutMs: number | undefined;
  const api = {
    async list() {
      if (cutMs !== undefined) pauses.push(performance.now() - cutMs);
      return { items: [], resourceVersion: '1' };
    },
    watch: () => ({
      [Symbol.asyncIterator]: () => ({
        async next() {
          await sleep(lastsMs, stop.signal);
          cutMs = performance.now();
          throw new ClusterUnreachableError('https://cluster', new Error('aborted'));
        },
      }),
    }),
  };
  const ended = follow(
    api as unknown as KubernetesApi,
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { onChange: () => {}, onEvent: () => {}, signal: stop.signal },
  );
  await vi.advanceTimersByTimeAsync(600_000);
  stop.abort();
  await ended;
  return pauses;
}

test('while nothing changes, a proxy that cuts idle watches does not make the pauses between them longer', async () => {
  const pauses = await pausesBetweenWatches(20_000);
  expect(pauses.length).toBeGreaterThan(20);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(500);
});

test('if each watch is cut soon, the pauses between them become longer', async () => {
  const pauses = await pausesBetweenWatches(100);
  expect(Math.min(...pauses.slice(10))).toBeGreaterThan(7000);
});
