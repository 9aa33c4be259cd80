import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { inferenceDoor } from '../../agent/http/inference.ts';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { UnavailableError } from '../../agent/service/errors.ts';
import type { ExecutorWorker } from '../../workers/executor/start-worker.ts';
import { heardOn } from './heard.ts';
import type { InferenceServerError } from './oip-client.ts';
import { items, requestOf, type Serving, serving } from './serving.ts';

let agent: Serving;

afterEach(() => agent.close());

const NOTHING_FOUND = { task: 'object-detection', detections: [] };

/** Starts a worker that takes `ms` milliseconds for a batch and finds nothing in any item. */
const slowWorker = (ms: number) => async (): Promise<ExecutorWorker> => ({
  info: {} as ExecutorWorker['info'],
  lost: new Promise(() => {}),
  terminate: () => {},
  run: async (_key, { lengths }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return {
      results: lengths.map(() => NOTHING_FOUND),
      children: { lengths: [], bytes: new Uint8Array() },
      childCounts: lengths.map(() => 0),
    };
  },
});

/** Starts a worker that finds nothing, and answers once the promise `until` resolves. */
const heldWorker = (until: Promise<unknown>) => async (): Promise<ExecutorWorker> => ({
  ...(await slowWorker(0)()),
  run: async (key, items) => {
    await until;
    return (await slowWorker(0)()).run(key, items);
  },
});

/** Starts an agent whose only worker never answers. Its plan expects 40 s for a batch, and its SLA is 60 s. */
const stuck = () =>
  serving(
    {
      workers: [['detect', 'classify']],
      batch: 1,
      batchMs: 40_000,
      slaMs: 60_000,
      shedding: 'late',
      maxWaitMs: 0,
    },
    { startWorker: slowWorker(1e6) },
  );

const metricOf = async (name: string) => {
  const text = await agent.service.metrics();
  return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1]);
};

test('a request that cannot make its SLA is refused before its body came, and the connection serves on', async () => {
  agent = await stuck();
  void agent.client.infer('detect', requestOf(0)).catch(() => {});
  await expect.poll(() => metricOf('ipa_edge_open_requests')).toBe(1);
  const socket = connect(agent.port, '127.0.0.1');
  const heard = heardOn(socket);
  const HEAD = 'Host: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n';
  socket.write(`POST /v2/models/detect/infer HTTP/1.1\r\n${HEAD}`);
  await expect
    .poll(heard)
    .toMatch(/^HTTP\/1.1 503 .*retry-after: 60\r\n.*wait to answer this one within 60000 ms/s);
  socket.write('0123456789GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  await expect.poll(heard).toMatch(/HTTP\/1.1 200 .*\{"live":true\}$/s);
  socket.destroy();
  expect(await metricOf('ipa_edge_arrivals_total{model="detect"}')).toBe(2);
  expect(await metricOf('ipa_edge_requests_total{model="detect",outcome="rejected"}')).toBe(1);
  // The name of the model may be percent-encoded.
  const head = { method: 'POST', url: '/v2/models/%64etect/infer' } as IncomingMessage;
  expect(inferenceDoor(agent.service)(head)).toBeInstanceOf(UnavailableError);
});

test('a client that goes before it is answered leaves no bytes counted, and neither do those it sent behind', async () => {
  let answer = () => {};
  const until = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { bytes, jsonLength } = encodeRequest(requestOf(0), true);
  const memory = { total: 3 * bytes.length, perAddress: 3 * bytes.length, perConnection: 3 * bytes.length };
  agent = await serving(
    { workers: [['detect', 'classify']], batch: 1 },
    { startWorker: heldWorker(until), http: { memory } },
  );
  const socket = connect(agent.port, '127.0.0.1');
  const head =
    'POST /v2/models/detect/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n' +
    `Inference-Header-Content-Length: ${jsonLength}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  for (let i = 0; i < 3; i++) socket.write(Buffer.concat([Buffer.from(head), bytes]));
  await expect.poll(() => metricOf('ipa_edge_open_requests')).toBe(3);
  await expect(agent.client.infer('detect', requestOf(0))).rejects.toThrow(/already use all the memory/);
  socket.destroy();
  answer();
  await expect.poll(() => metricOf('ipa_edge_open_requests')).toBe(0);
  await agent.client.infer('detect', requestOf(0));
});

test('a request counts as arrived when its head came, however late its body', async () => {
  agent = await stuck();
  const app = baseApp({ log: () => {} });
  let headMs = 0;
  app.addHook('onRequest', async () => {
    headMs = performance.now();
  });
  let arrivalMs = Number.NaN;
  app.post('/', async (request) => {
    arrivalMs = request.arrivalMs;
    return {};
  });
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n');
  await expect.poll(() => headMs).toBeGreaterThan(0);
  await expect.poll(() => performance.now()).toBeGreaterThan(headMs + 20);
  socket.write('{}');
  await expect.poll(() => arrivalMs).toBeLessThanOrEqual(headMs);
  socket.destroy();
  await app.close();
});

test('what arrived longer ago than the SLA is refused, and counted', async () => {
  agent = await stuck();
  const [item] = items[0]!;
  const asked = agent.service.infer(agent.service.model('fashion'), [item!], performance.now() - 61_000);
  await expect(asked).rejects.toThrow(UnavailableError);
  expect(await metricOf('ipa_edge_requests_total{model="fashion",outcome="rejected"}')).toBe(1);
});

test('a request that was read so late that an idle agent cannot make its SLA is told so, and what to do', async () => {
  agent = await stuck();
  const [item] = items[0]!;
  const asked = agent.service.infer(agent.service.model('detect'), [item!], performance.now() - 30_000);
  await expect(asked).rejects.toThrow(
    /^3\d{4} ms passed until the agent had read the request, .* of its 60000 ms: the network was slow, or the agent was busy\. Send it again in 60 s\. If the network is slow, send a smaller body\.$/,
  );
});

test('in an overload every request is answered, some at the door, and all are counted', async () => {
  agent = await serving(
    { workers: [['detect', 'classify']], batch: 1, batchMs: 20, slaMs: 1000, shedding: 'late', maxWaitMs: 0 },
    { startWorker: slowWorker(20) },
  );
  const sent = 500;
  const statuses = await Promise.all(
    Array.from({ length: sent }, (_, i) =>
      agent.client.infer('detect', requestOf(0, i)).then(
        () => 200,
        ({ status }: InferenceServerError) => status,
      ),
    ),
  );
  const completed = statuses.filter((status) => status === 200).length;
  expect(statuses.filter((status) => status === 503)).toHaveLength(sent - completed);
  expect(completed).toBeGreaterThan(0);
  const counted = (outcome: string) =>
    metricOf(`ipa_edge_requests_total{model="detect",outcome="${outcome}"}`);
  expect(await metricOf('ipa_edge_arrivals_total{model="detect"}')).toBe(sent);
  expect(await counted('completed')).toBe(completed);
  expect((await counted('shed')) + (await counted('rejected'))).toBe(sent - completed);
  expect(await counted('rejected')).toBeGreaterThan(0);
});
