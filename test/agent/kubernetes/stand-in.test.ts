import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { referenceFile } from '../../reference.ts';
import { StandIn } from './stand-in/server.ts';

interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly request?: string;
  readonly contentType?: string;
  readonly chunks: readonly [number, string][];
}

const file = referenceFile('k8s-recording/transcript.jsonl');
let standIn: StandIn | undefined;
afterEach(() => standIn?.down());

/**
 * Lists the paths of all fields in a value, without the fields that controllers write, because the stand-in lacks these
 * controllers.
 */
function paths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry) => paths(entry, `${path}[]`)))].sort();
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value)
    .filter(([key, entry]) => {
      const byController = Array.isArray(value) === false && (value as { subresource?: string }).subresource;
      return (
        !byController &&
        key !== 'status' &&
        key !== 'deployment.kubernetes.io/revision' &&
        entry !== undefined
      );
    })
    .flatMap(([key, entry]) => paths(key === 'managedFields' ? own(entry) : entry, `${path}.${key}`))
    .filter((entry, i, all) => all.indexOf(entry) === i)
    .sort();
}

const own = (managers: unknown): unknown =>
  (managers as { manager: string }[]).filter(({ manager }) => manager === 'ipa-agent');

describe.skipIf(file === null)('what a real API server was asked, asked of the stand-in', () => {
  test('is answered with the same status and the same fields, in the same order', async () => {
    standIn = await StandIn.start();
    const recorded = readFileSync(file!, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded);
    let compared = 0;
    for (const { method, url, status, request, contentType, chunks } of recorded) {
      // The stand-in has no discovery, and lacks the controllers that make pods and the slices of their endpoints.
      if (/^\/api(s\/apps)?\/v1$|\/pods|\/endpointslices/.test(url)) continue;
      const response = await fetch(standIn.url + url, {
        method,
        headers: {
          authorization: standIn.authorization,
          ...(contentType && { 'content-type': contentType }),
        },
        ...(request !== undefined && { body: request }),
      });
      const answer = await response.json();
      const expected = JSON.parse(chunks.map(([, text]) => text).join(''));
      expect(response.status, `${method} ${url}`).toBe(status);
      // A deployment's annotations come from its controller, which the stand-in lacks.
      const without = (list: string[]) => list.filter((path) => path !== '.metadata.annotations');
      expect(without(paths(answer)), `${method} ${url}`).toEqual(without(paths(expected)));
      if (status >= 400) expect(answer).toEqual(expected);
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });

  test('an EndpointSlice has the fields of the recorded ones', async () => {
    const { endpointSlice } = await import('./stand-in/endpoints.ts');
    const watch = readFileSync(file!, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded)
      .find(({ url }) => url.includes('endpointslices?watch=true'))!;
    const events = watch.chunks
      .flatMap(([, text]) => text.split('\n').filter(Boolean))
      .map((line) => JSON.parse(line));
    const recorded = events.map(({ object }) => object).filter(({ endpoints }) => endpoints?.length === 2)[0];
    const made = endpointSlice('shop', { service: 'fashion-detect', labels: {}, port: 8080 }, [
      { address: '127.0.0.2', pod: 'a', ready: true },
      { address: '127.0.0.3', pod: 'b', ready: false },
    ]);
    expect(paths(made.endpoints)).toEqual(paths(recorded.endpoints));
    expect(paths(made.ports)).toEqual(paths(recorded.ports));
    expect(Object.keys(recorded)).toEqual(expect.arrayContaining(Object.keys(made)));
  });
});

test('a watch tells what happens, in order, and expires when what it starts from is forgotten', async () => {
  standIn = await StandIn.start();
  const { KubernetesApi } = await import('../../../agent/kubernetes/api.ts');
  const { authorization, url } = standIn;
  const cluster = new KubernetesApi({
    server: url,
    authorise: async (options) => ({ ...options, headers: { ...options.headers, authorization } }),
  });
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' };
  const { resourceVersion } = await cluster.list(ref);
  const object = (value: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'shop' },
    data: { value },
  });
  await cluster.apply(object('1'));
  await cluster.apply(object('1'));
  await cluster.apply(object('2'));
  await cluster.remove(object('2'));
  const seen: string[] = [];
  const stop = new AbortController();
  for await (const { type } of cluster.watch(ref, resourceVersion, stop.signal)) {
    seen.push(type);
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  standIn.store.compact();
  await expect(cluster.watch(ref, resourceVersion, stop.signal).next()).rejects.toMatchObject({
    name: 'ExpiredError',
    status: 410,
  });
});
