import dns from 'node:dns';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyRequest } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { UNANSWERED_MAX } from '../../agent/http/door.ts';
import { listen, serve } from '../../agent/http/serve.ts';
import { PATIENCE_MS } from '../patience.ts';
import { until } from '../until.ts';

test('an answer that is being sent when the server ends arrives whole', async () => {
  const length = 32 * 2 ** 20;
  const app = baseApp({ log: () => {} });
  app.get('/', async () => Buffer.alloc(length));
  const stop = new AbortController();
  let ended: Promise<void>;
  const url = await new Promise<string>((onListening) => {
    const address = { host: '127.0.0.1', port: 0, signal: stop.signal };
    ended = serve(app, { drain: async () => {} }, { ...address, closeMs: PATIENCE_MS, onListening });
  });
  const answer = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
  stop.abort();
  let arrived = 0;
  for await (const piece of answer) arrived += piece.length;
  expect(arrived).toBe(length);
  await ended!;
});

test('requests that a client sends on one connection without waiting for answers are all answered when the server ends', async () => {
  const app = baseApp({ log: () => {} });
  const asked: string[] = [];
  let work!: () => void;
  const worked = new Promise<void>((resolve) => {
    work = resolve;
  });
  app.get('/:name', async ({ url }) => {
    asked.push(url);
    await worked;
    return url;
  });
  const stop = new AbortController();
  let ended: Promise<void>;
  const url = await new Promise<string>((onListening) => {
    const address = { host: '127.0.0.1', port: 0, signal: stop.signal };
    ended = serve(app, { drain: () => worked }, { ...address, closeMs: PATIENCE_MS, onListening });
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const paths = ['/1', '/2', '/3'];
  for (const path of paths) socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(() => expect(asked).toEqual(paths));
  stop.abort();
  work();
  const answers = (await text(socket)).split(/(?=HTTP\/1\.1 200)/);
  expect(answers.map((answer) => [answer.slice(-2), /^connection: (.*)\r$/im.exec(answer)?.[1]])).toEqual([
    ['/1', 'keep-alive'],
    ['/2', 'keep-alive'],
    ['/3', 'close'],
  ]);
  await ended!;
});

test('a server keeps no request of a client that goes before its requests are answered', async () => {
  const app = baseApp({ log: () => {} });
  const requests: WeakRef<FastifyRequest>[] = [];
  const gone = new Promise<void>((resolve) =>
    app.server.on('connection', (socket) => socket.on('close', () => resolve())),
  );
  app.get('/', async (request) => {
    requests.push(new WeakRef(request));
    await gone;
    return 'late';
  });
  const stop = new AbortController();
  let ended: Promise<void>;
  const url = await new Promise<string>((onListening) => {
    const address = { host: '127.0.0.1', port: 0, signal: stop.signal };
    ended = serve(app, { drain: async () => {} }, { ...address, onListening });
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
  await until(() => expect(requests).toHaveLength(3));
  socket.resetAndDestroy();
  await gone;
  setFlagsFromString('--expose-gc');
  await until(async () => {
    await setImmediate(); // A WeakRef keeps its target until the end of the task that made it.
    runInNewContext('gc')();
    // A failed `expect` keeps the values that it compared, so this one compares numbers and no requests.
    expect(requests.filter((request) => request.deref()).length).toBe(0);
  });
  stop.abort();
  await ended!;
});

test('a client that sends too many requests without waiting for answers is cut off, and their rest is not begun', async () => {
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  let begun = 0;
  app.get('/', () => {
    begun++;
    return new Promise(() => {});
  });
  const url = await listen(app, '127.0.0.1', 0);
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  const closed = once(socket, 'close');
  socket.resume().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10 * UNANSWERED_MAX));
  await closed;
  expect(begun).toBe(UNANSWERED_MAX);
});

/** A server whose one route answers with what `answer` makes, and a client that reads only when it is told to. */
async function unread(answer: () => Promise<string>) {
  const app = baseApp({ log() {} }, { receiveMs: 50, checkMs: 20 });
  app.get('/', answer);
  const client = connect(Number(new URL(await listen(app, '127.0.0.1', 0)).port), '127.0.0.1').pause();
  onTestFinished(async () => {
    client.destroy();
    await app.close();
  });
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { app, client };
}

test('a client that does not read its answer is cut off', async () => {
  const { app } = await unread(async () => 'x'.repeat(50_000_000));
  const [socket] = await once(app.server, 'connection');
  await once(socket, 'close');
});

test('a client that waits long for its answer is not cut off', async () => {
  const { app, client } = await unread(async () => {
    await once(app.server, 'timeout');
    return 'late';
  });
  const [answer] = await once(client.resume(), 'data');
  expect(answer.toString()).toMatch(/late$/);
});

test('a client that waits for answers may send any number of requests on a connection', async () => {
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  app.get('/', async () => 'all');
  const url = await listen(app, '127.0.0.1', 0);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  let connections = 0;
  app.server.on('connection', () => connections++);
  for (let sent = 0; sent < 2 * UNANSWERED_MAX; sent++) {
    const answer = await new Promise<IncomingMessage>((resolve) => get(url, { agent }, resolve));
    expect(await text(answer)).toBe('all');
  }
  expect(connections).toBe(1);
});

test('a server listens on one address of localhost, even where localhost has two', async () => {
  const { lookup } = dns;
  const both = ['127.0.0.1', '::1'].map((address) => ({ address }));
  type Found = (error: null, addresses: object) => void;
  const twoForAll = (name: string, options: { all?: boolean }, found: Found) =>
    options.all ? found(null, both) : lookup(name, options, found as never);
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(twoForAll as typeof lookup);
  onTestFinished(() => spy.mockRestore());
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  await listen(app, 'localhost', 0);
  expect(app.addresses()).toHaveLength(1);
});

test('a server on all addresses answers clients of IPv4 too', async () => {
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  app.get('/', async () => 'here');
  const { port } = new URL(await listen(app, '::', 0));
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
});

test('a client that ends its side of the connection after its request is answered', async () => {
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  app.get('/', async ({ raw }) => {
    await once(raw.socket, 'end');
    return 'here';
  });
  const { port } = new URL(await listen(app, '127.0.0.1', 0));
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*here$/s);
});

test('a body that may have no end is refused unread, whatever the method', async () => {
  const app = baseApp({ log: () => {} });
  onTestFinished(() => app.close());
  app.get('/', async () => 'here');
  app.post('/', async () => 'here');
  const { port } = new URL(await listen(app, '127.0.0.1', 0));
  const heads = ['Transfer-Encoding: chunked', 'Content-Length: 99999999999'].flatMap((header) =>
    ['GET /', 'POST /', 'POST /%'].map((line) => `${line} HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`),
  );
  const answers = heads.map(async (head) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`${head}2\r\n{}\r\n`);
    return (await text(socket)).match(/HTTP\/1\.1 \d+/g);
  });
  const statuses = [411, 411, 400, 413, 413, 400];
  expect(await Promise.all(answers)).toEqual(statuses.map((status) => [`HTTP/1.1 ${status}`]));
});
