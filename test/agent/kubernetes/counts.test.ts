import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NoGatewayError } from '../../../agent/kubernetes/errors.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { addGateway } from './stand-in/nodes.ts';

/** Starts a gateway whose counter shows `count` arrivals, and returns its URL. */
async function counting(count: number): Promise<string> {
  const server = createServer((_request, response) =>
    response.end(`ipa_edge_arrivals_total{model="fashion"} ${count}\n`),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const NOWHERE = 'http://127.0.0.1:9';

test('each gateway is asked by its pod, so that no arrivals at one of them are missed', async () => {
  const { standIn, cluster } = await standInCluster();
  addGateway(standIn, 'fashion-gateway-a', await counting(3));
  addGateway(standIn, 'fashion-gateway-b', await counting(40));
  const counts = await engineIn(cluster).counts();
  expect(Object.fromEntries([...counts].map(([name, { arrivals }]) => [name, arrivals]))).toEqual({
    'fashion-gateway-a': 3,
    'fashion-gateway-b': 40,
  });
});

test('a gateway that is not ready may be silent, and one that is ready may not: the load would seem to fall', async () => {
  const { standIn, cluster } = await standInCluster();
  addGateway(standIn, 'fashion-gateway-a', await counting(3));
  addGateway(standIn, 'fashion-gateway-b', NOWHERE, false);
  expect((await engineIn(cluster).counts()).size).toBe(1);
  addGateway(standIn, 'fashion-gateway-c', NOWHERE);
  await expect(engineIn(cluster).counts()).rejects.toThrow(/error trying to reach pod/);
});

test('a gateway on a lost node, which never answers, does not hold up the counts of the others', async () => {
  const { standIn, cluster } = await standInCluster();
  addGateway(standIn, 'fashion-gateway-a', await counting(3));
  addGateway(standIn, 'fashion-gateway-b', NOWHERE, false);
  const podText = cluster.podText.bind(cluster);
  vi.spyOn(cluster, 'podText').mockImplementation((namespace, pod, ...at) =>
    pod === 'fashion-gateway-b' ? new Promise(() => {}) : podText(namespace, pod, ...at),
  );
  expect([...(await engineIn(cluster).counts()).keys()]).toEqual(['fashion-gateway-a']);
});

test('without any gateway nothing is known of the load', async () => {
  const { standIn, cluster } = await standInCluster();
  await expect(engineIn(cluster).counts()).rejects.toThrow(NoGatewayError);
  addGateway(standIn, 'fashion-gateway-a', NOWHERE, false);
  await expect(engineIn(cluster).counts()).rejects.toThrow(NoGatewayError);
});
