import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Directory } from '../../../agent/cluster/gateway/directory.ts';
import { replicaStarter } from '../../../agent/cluster/gateway/start-replica.ts';
import { clusterPlan } from '../kubernetes/objects/plans.ts';

test('a replica that ends while it loads a variant is waited for no longer', async () => {
  const plan = clusterPlan();
  const held = { ...plan.stages[0]!, sha256: '0'.repeat(64), variants: [], runtime: null };
  let asked = () => {};
  const loading = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer(({ method }, response) => {
    if (method === 'GET') response.end(JSON.stringify(held));
    else asked();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = new Directory();
  directory.update([{ url, stage: 'detect', state: 'ready' }]);
  const { startWorker, close } = replicaStarter(
    directory,
    async () => undefined,
    () => {},
  );
  onTestFinished(close);
  const started = startWorker('detect', plan.workers[0]!, plan);
  await loading;
  directory.update([]);
  await expect(started).rejects.toThrow('its replica does not serve any more');
});
