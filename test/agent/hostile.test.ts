import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { PlanRefusedError } from '../../agent/service/errors.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { greedyClassifier } from '../onnx.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { type Fuzzed, fuzzed, TOKEN } from './fuzzed-requests.ts';
import { heardOn } from './heard.ts';
import {
  load,
  models,
  overHttp,
  planOf,
  replicas,
  requestOf,
  type Serving,
  serving,
  whole,
} from './serving.ts';
import { sharedByTests } from './shared.ts';

let agent: Serving;

const plan = { workers: [['detect', 'classify']], batch: 8, maxWaitMs: 0 };
/** All tests but one share a service, because a worker takes seconds of a core to start. */
const served = sharedByTests(async ({ atEnd }) => {
  const made = await serving(plan);
  atEnd(() => made.close());
  return made;
});

/** Serves the shared service with limits of the test's own. */
async function serve(options: Parameters<typeof overHttp>[1]): Promise<Serving> {
  const own = await overHttp(await served(), options);
  onTestFinished(() => own.close());
  return own;
}

test('an item that a model runs out of memory on fails alone; the others with it are answered', async () => {
  const greedy = greedyClassifier(28, 28, 10);
  const greedyModels: typeof models = {
    ...models,
    readModels: async (variant) =>
      variant.name === 'mlp64' ? { model: greedy } : models.readModels(variant),
  };
  const startWorker = startAtOnce(greedyModels, nodeEnvironment());
  agent = await serving({ workers: [['detect', 'classify']], batch: 4, maxWaitMs: 20 }, { startWorker });
  onTestFinished(() => agent.close());
  const before = replicas();
  const white = {
    inputs: [
      { name: 'images', datatype: 'UINT8', shape: [1, 1, 28, 28], data: new Uint8Array(784).fill(255) },
    ],
  } as const;
  const failures: Promise<unknown>[] = [];
  const tally = await load(agent.client, 40, (sent) => {
    if (sent % 10 === 5)
      failures.push(
        expect(agent.client.infer('classify', white)).rejects.toMatchObject({
          status: 500,
          reason: expect.stringContaining('classify failed on item 0'),
        }),
      );
  });
  await Promise.all(failures);
  // The protocol cannot report an error of one item, so the whole request fails and its error names the item.
  const both = { ...white.inputs[0], shape: [2, 1, 28, 28], data: new Uint8Array(2 * 784).fill(255, 784) };
  await expect(agent.client.infer('classify', { inputs: [both] })).rejects.toMatchObject({
    status: 500,
    reason: expect.stringContaining('classify failed on item 1'),
  });
  expect(failures).toHaveLength(4);
  expect(tally).toEqual(whole(40));
  expect(replicas()).toEqual(before);
  expect(agent.events.join('\n')).toMatch(/failed: .*(alloc|memory)/i);
});

const connected = async (): Promise<Socket> => {
  const socket = connect(agent.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
};
const HALF =
  'POST /v2/models/fashion/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"inputs": [';

test('clients that send half a body and go take nothing from others, and leave nothing behind', async () => {
  agent = await served();
  const others = load(agent.client, 40);
  for (let i = 0; i < 300; i++) {
    const socket = await connected();
    await new Promise((resolve) => socket.write(HALF, resolve));
    socket.destroy();
  }
  expect(await others).toEqual(whole(40));
  // The clients announced 300 MB in all, far more than the memory for request bodies. If these bytes still counted, the agent
  // would refuse every request.
  expect(await load(agent.client, 20)).toEqual(whole(20));
});

test('clients that announce bodies and hold their connections take nothing from others', async () => {
  agent = await served();
  const sockets: Socket[] = [];
  // The connections together announce 400 MB, far more than the memory that the agent grants to request bodies.
  for (let i = 0; i < 400; i++) {
    const socket = await connected();
    socket.on('error', () => {});
    await new Promise((resolve) => socket.write(HALF, resolve));
    sockets.push(socket);
  }
  expect(await load(agent.client, 20)).toEqual(whole(20));
  for (const socket of sockets) socket.destroy();
});

test('clients that fill the memory with bodies that they never end take nothing from others of their address', async () => {
  const body = ' '.repeat(100_000);
  const perAddress = 4 * (HALF.length - HALF.indexOf('{') + body.length);
  agent = await serve({ http: { memory: { total: 2 * perAddress, perAddress, perConnection: perAddress } } });
  const sockets = await Promise.all(Array.from({ length: 4 }, connected));
  for (const socket of sockets) {
    socket.on('error', () => {});
    await new Promise((resolve) => socket.write(HALF + body, resolve));
  }
  const tally = await load(agent.client, 20);
  for (const socket of sockets) socket.destroy();
  expect(tally).toEqual(whole(20));
});

test.each([
  ['more JSON than is parsed', `${'0,'.repeat(2.5e6)}0`, 413, 'at most 1114112 are accepted'],
  ['objects for numbers', `${'{},'.repeat(100_000)}{}`, 400, 'at most 1000 objects'],
  ['deep brackets', '['.repeat(5000), 400, 'nested at most 32 deep'],
])('%s: it is refused with what is wrong', async (_, data, status, why) => {
  agent = await served();
  const response = await fetch(`${agent.url}/v2/models/fashion/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"inputs": [{"name": "images", "datatype": "UINT8", "shape": [1], "data": [${data}]}]}`,
  });
  expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(why)]);
});

test('an address waits for its next answer to a long invalid body, and for nothing else', async () => {
  const DAY_MS = 86_400_000;
  agent = await serve({ http: { invalid: { intervalMs: DAY_MS, waitMsMax: DAY_MS } } });
  const aborted = new AbortController();
  const statusOf = async (body: string) => {
    const headers = { 'content-type': 'application/json' };
    const url = `${agent.url}/v2/models/fashion/infer`;
    return (await fetch(url, { method: 'POST', headers, body, signal: aborted.signal })).status;
  };
  const long = `{"inputs": [${'0,'.repeat(20_000)}0]}`;
  expect(await statusOf(long)).toBe(400);
  let answered = false;
  const next = statusOf(long).finally(() => {
    answered = true;
  });
  expect(await statusOf('{}')).toBe(400);
  await agent.client.infer('fashion', requestOf(0));
  expect(answered).toBe(false);
  aborted.abort();
  await expect(next).rejects.toThrow(/abort/);
});

test('a body that is too long is answered 413 before it came, even while others fill the memory', async () => {
  agent = await serve({ http: { memory: { total: 100, perAddress: 100, perConnection: 100 } } });
  const holder = await connected();
  holder.on('error', () => {});
  await new Promise((resolve) =>
    holder.write(`${HALF.replace('1000000', '1000')}${' '.repeat(200)}`, resolve),
  );
  const socket = await connected();
  const heard = heardOn(socket);
  socket.on('error', () => {});
  socket.write(HALF.replace('1000000', '50000000'));
  await expect.poll(heard).toMatch(/^HTTP\/1.1 413 .*connection: close/is);
  for (const one of [holder, socket]) one.destroy();
});

test('clients that announce too much are answered one after the other, and hold up nobody else', async () => {
  agent = await serve({ http: { unread: { intervalMs: 3_600_000, waitMsMax: 3_600_000 } } });
  const sockets = await Promise.all([connected(), connected(), connected()]);
  const heard = sockets.map(heardOn);
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.write(HALF.replace('1000000', '50000000'));
  }
  await expect.poll(() => heard.map((one) => one()).join('')).toMatch(/^HTTP\/1.1 413 /);
  expect(await load(agent.client, 20)).toEqual(whole(20));
  // Only one of the three clients has had its turn, because the interval is an hour.
  expect(heard.filter((one) => one() !== '')).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});

test('a client that sends a byte now and then is cut off, and others are answered meanwhile', async () => {
  agent = await serve({ http: { receiveMs: 3000, checkMs: 100 } });
  const socket = await connected();
  socket.write(HALF);
  const drip = setInterval(() => socket.write(' '), 200);
  const heard = heardOn(socket);
  const cutOff = new Promise((resolve) => {
    socket.once('close', resolve);
    socket.on('error', () => {});
  });
  expect(await load(agent.client, 40)).toEqual(whole(40));
  await cutOff;
  clearInterval(drip);
  expect(heard()).toMatch(/^HTTP\/1.1 408 .*\{"error":"The whole request did not arrive within 3 s\./s);
});

/** Collects garbage, and returns the bytes of memory that stay in use. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  for (let i = 0; i < 3; i++) runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const ANSWERS = new Set([200, 400, 401, 403, 404, 405, 409, 411, 413, 415, 503]);

const statusOf = ({ method, path, headers, body }: Fuzzed): Promise<number> =>
  new Promise((resolve, reject) => {
    const length = { 'content-length': body.length };
    const sent = request(
      `${agent.url}${path}`,
      { method, headers: { ...headers, ...length } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
      },
    );
    // If the agent answers and closes the connection before it has the whole body, this error comes after the answer and changes
    // nothing.
    sent.on('error', reject);
    sent.end(body);
  });

test('2,000 fuzzed requests: each is answered with a status that fits, nothing ends, and memory comes back', async () => {
  agent = await serve({
    token: async () => TOKEN,
    checkPlan(_, source) {
      throw new PlanRefusedError(source, ['no plan is taken here'], 'Send none.');
    },
  });
  const before = replicas();
  const counts = new Map<number, number>();
  const fuzz = (numRuns: number, seed: number) =>
    fc.assert(
      fc.asyncProperty(fc.array(fuzzed, { minLength: 20, maxLength: 20 }), async (all) => {
        for (const status of await Promise.all(all.map(statusOf))) {
          counts.set(status, (counts.get(status) ?? 0) + 1);
          expect(ANSWERS).toContain(status);
        }
      }),
      { numRuns, seed },
    );
  await fuzz(25, 1);
  const used = usedBytes();
  let fuzzing = true;
  const others = load(agent.client, () => fuzzing);
  await fuzz(75, 2).finally(() => {
    fuzzing = false;
  });
  const tally = await others;
  expect(tally).toEqual(whole(tally.sent));
  expect((usedBytes() - used) / 2 ** 20).toBeLessThan(4);
  expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(2000);
  for (const status of [200, 400, 404]) expect(counts.get(status)).toBeGreaterThan(0.015 * 2000);
  expect(replicas()).toEqual(before);
  expect(await load(agent.client, 5)).toEqual(whole(5));
  expect(agent.service.plan).toEqual(planOf(plan));
});
