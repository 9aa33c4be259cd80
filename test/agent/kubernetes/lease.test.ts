import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { ChangedMeanwhileError } from '../../../agent/kubernetes/errors.ts';
import { Leadership } from '../../../agent/kubernetes/lease.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { fakeClock } from '../../fake-clock.ts';
import { ObjectStore, StatusError, type StoredObject } from './stand-in/store.ts';

const LEASE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'fashion-watch', namespace: 'shop' },
};
const KEY = 'apis/coordination.k8s.io/v1/namespaces/shop/leases/fashion-watch';

/** Makes a cluster on the clock that the test turns: its answers take a while, and requests to it fail while it is cut off. */
function clusterOf(store: ObjectStore) {
  const state = { cut: false, takesMs: 10 };
  const answer = async <T>(work: () => T): Promise<T> => {
    await sleep(state.takesMs);
    if (state.cut) throw new Error('cut off');
    try {
      return work();
    } catch (error) {
      if (error instanceof StatusError) throw new ChangedMeanwhileError(409, error.message);
      throw error;
    }
  };
  const cluster = {
    read: () => answer(() => store.get(KEY) ?? null),
    create: (object: StoredObject) => answer(() => store.create(KEY, object, 'test')),
    replace: (object: StoredObject) => answer(() => store.replace(KEY, object, 'test')),
  } as unknown as KubernetesApi;
  return { state, cluster };
}

/** Starts a candidate for the Lease. It records from when to when it leads. */
function candidate(cluster: KubernetesApi, identity: string) {
  const stop = new AbortController();
  const led: { fromMs: number; toMs: number }[] = [];
  const leadership = new Leadership({
    api: cluster,
    namespace: LEASE.metadata.namespace,
    name: LEASE.metadata.name,
    identity,
    signal: stop.signal,
    onEvent: () => {},
  });
  const ended = leadership.run(async (signal) => {
    const stretch = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY };
    led.push(stretch);
    await once(signal, 'abort');
    stretch.toMs = performance.now();
  });
  const leads = () => led.at(-1)?.toMs === Number.POSITIVE_INFINITY;
  return { led, leads, stop: () => stop.abort(), ended };
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(1000 * count);

/** Starts the first candidate, which leads soon. The others reach the same cluster in a way of their own. */
async function led() {
  const store = new ObjectStore();
  const [own, others] = [clusterOf(store), clusterOf(store)];
  const first = candidate(own.cluster, 'first');
  await seconds(1);
  return { store, own, others, first };
}

fakeClock('Date');

test('of those who watch, one leads at a time, and another follows when it ends or cannot be heard of', async () => {
  const { store, own, others, first } = await led();
  expect(first.leads()).toBe(true);
  const second = candidate(others.cluster, 'second');
  const third = candidate(others.cluster, 'third');
  await seconds(60);
  expect([first.led.length, second.led, third.led]).toEqual([1, [], []]);
  own.state.cut = true;
  // A Lease lasts 15 s, and a waiting candidate reads it every 3 s.
  await seconds(20);
  expect(first.leads()).toBe(false);
  const [leading, waiting] = second.leads() ? [second, third] : [third, second];
  expect([leading.leads(), waiting.leads()]).toEqual([true, false]);
  // A leader that stops gives up the Lease, so that nobody has to wait until the Lease expires.
  leading.stop();
  await seconds(4);
  await leading.ended;
  expect(waiting.leads()).toBe(true);
  const stretches = [...first.led, ...second.led, ...third.led].sort((a, b) => a.fromMs - b.fromMs);
  expect(stretches.length).toBe(3);
  for (const [i, { toMs }] of stretches.slice(0, -1).entries())
    expect(toMs).toBeLessThanOrEqual(stretches[i + 1]!.fromMs);
  expect(store.get(KEY)!.spec).toMatchObject({ leaseDurationSeconds: 15, leaseTransitions: 2 });
  waiting.stop();
  first.stop();
  await seconds(4);
  await Promise.all([waiting.ended, first.ended]);
});

test('a leader that is answered slowly stops before another one may lead, and leads again when it is answered in time', async () => {
  const { own, others, first } = await led();
  const second = candidate(others.cluster, 'second');
  await seconds(10);
  // Each answer takes nearly the 10 s that the agent waits for it at most, and a renewal needs two answers.
  own.state.takesMs = 9900;
  await seconds(30);
  expect([first.leads(), second.leads()]).toEqual([false, true]);
  expect(first.led[0]!.toMs).toBeLessThanOrEqual(second.led[0]!.fromMs);
  own.state.takesMs = 10;
  second.stop();
  await seconds(30);
  expect(first.leads()).toBe(true);
  first.stop();
  await seconds(4);
  await Promise.all([first.ended, second.ended]);
});

test('a leader whose work fails gives up the Lease at once, and says why it failed', async () => {
  const store = new ObjectStore();
  const { cluster } = clusterOf(store);
  const leadership = new Leadership({
    api: cluster,
    namespace: LEASE.metadata.namespace,
    name: LEASE.metadata.name,
    identity: 'first',
    signal: new AbortController().signal,
    onEvent: () => {},
  });
  const ended = expect(
    leadership.run(async () => {
      await sleep(1000);
      throw new Error('the work failed');
    }),
  ).rejects.toThrow('the work failed');
  await seconds(2);
  await ended;
  expect(store.get(KEY)!.spec).toMatchObject({ holderIdentity: '' });
});
