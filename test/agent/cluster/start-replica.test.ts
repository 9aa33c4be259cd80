import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ReplicaSilentError } from '../../../agent/cluster/errors.ts';
import { Directory } from '../../../agent/cluster/gateway/directory.ts';
import { replicaStarter } from '../../../agent/cluster/gateway/start-replica.ts';
import { batchOf } from '../../../models/items/item-batch.ts';
import { packMessage } from '../../../workers/stage/pipe.ts';
import { clusterPlan } from '../kubernetes/objects/plans.ts';

/** Starts a worker on a replica whose answers come from `listener`. The caller waits for `started`, which may fail. */
async function startOn(listener: RequestListener) {
  const server = createServer(listener);
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
  const plan = clusterPlan();
  return { directory, started: startWorker('detect', plan.workers[0]!, plan) };
}

test('a replica that ends while it loads a variant is waited for no longer', async () => {
  const held = { ...clusterPlan().stages[0]!, sha256: '0'.repeat(64), variants: [], runtime: null };
  let asked = () => {};
  const loading = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { directory, started } = await startOn(({ method }, response) => {
    if (method === 'GET') response.end(JSON.stringify(held));
    else asked();
  });
  await loading;
  directory.update([]);
  await expect(started).rejects.toThrow('its replica does not serve any more');
});

const runtime = { ortVersion: '1', ortBuild: 'node', crossOriginIsolated: true, timerGrainMs: 1 };
const none = batchOf([]);
const result = {};
test.each([
  ['nothing', null],
  ['fewer results than items', { results: [], children: none, childCounts: [0] }],
  ['more results than items', { results: [result, result], children: none, childCounts: [0, 0] }],
  ['no count of children', { results: [result], children: none, childCounts: [] }],
  ['children that are not there', { results: [result], children: none, childCounts: [4_000_000_000] }],
  ['fewer than no children', { results: [result], children: none, childCounts: [-1] }],
  [
    'children that are longer than their bytes',
    { results: [result], children: { ...none, lengths: [9] }, childCounts: [1] },
  ],
])('a batch fails whose answer from a replica has %s', async (_what, answer) => {
  const held = { ...clusterPlan().stages[0]!, variants: [], runtime };
  const { started } = await startOn(({ method }, response) =>
    response.end(method === 'GET' ? JSON.stringify(held) : Buffer.concat(packMessage(answer))),
  );
  const run = (await started).run('detect', batchOf([new Uint8Array(3)]));
  await expect(run).rejects.toThrow(/the answer of detect at http:/);
});

test('a replica whose answer has no end is lost', async () => {
  const held = { ...clusterPlan().stages[0]!, variants: [], runtime };
  const { started } = await startOn(({ method }, response) => {
    if (method === 'GET') return response.end(JSON.stringify(held));
    const send = () => {
      while (response.writable && response.write(Buffer.alloc(2 ** 20)));
    };
    response.on('drain', send);
    send();
  });
  const run = (await started).run('detect', batchOf([new Uint8Array(3)]));
  await expect(run).rejects.toThrow(ReplicaSilentError);
});
