import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Connections } from '../../bench/agent/connections.ts';

const REQUEST = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
const answer = (status: number, body = '') =>
  `HTTP/1.1 ${status} Any\r\ncontent-type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

let server: Server;
let connections: Connections;
let sockets: Socket[];

afterEach(() => {
  connections.close();
  server.close();
});

/** Starts a server that calls `onRequest` for each request. */
async function serve(onRequest: (socket: Socket) => unknown): Promise<void> {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket.setNoDelay());
    socket.on('error', () => {});
    socket.on('data', () => onRequest(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  connections = new Connections(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}

test('each request gets the status of its own answer, in whatever pieces the answer comes', async () => {
  let pieces: readonly string[] = [];
  await serve(async (socket) => {
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  });
  const piecesOf = fc.tuple(
    fc.integer({ min: 100, max: 599 }),
    fc.string({ unit: 'grapheme-ascii' }),
    fc.array(fc.nat(200)),
  );
  await fc.assert(
    fc.asyncProperty(piecesOf, async ([status, body, cuts]) => {
      const text = answer(status, body);
      const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      pieces = at
        .slice(1)
        .map((end, i) => text.slice(at[i], end))
        .filter((piece) => piece !== '');
      expect(await connections.statusOf(REQUEST)).toBe(status);
    }),
  );
  expect(sockets).toHaveLength(1);
});

test('requests that are open together have connections of their own, which later requests use again', async () => {
  const waiting: Socket[] = [];
  await serve((socket) => {
    waiting.push(socket);
    if (waiting.length === 3) for (const one of waiting.splice(0)) one.write(answer(200));
  });
  const three = () => Promise.all([1, 2, 3].map(() => connections.statusOf(REQUEST)));
  expect(await three()).toEqual([200, 200, 200]);
  expect(await three()).toEqual([200, 200, 200]);
  expect(sockets).toHaveLength(3);
});

test('a connection that ends within an answer gives status 0, and the next request has another', async () => {
  await serve((socket) => {
    if (sockets.length === 1) socket.end(answer(200, 'whole').slice(0, -1));
    else socket.write(answer(200));
  });
  expect(await connections.statusOf(REQUEST)).toBe(0);
  expect(await connections.statusOf(REQUEST)).toBe(200);
});

test('a connection that the server ends after its answer is used no more', async () => {
  await serve((socket) => socket.end(answer(503)));
  expect(await connections.statusOf(REQUEST)).toBe(503);
  await expect.poll(() => sockets[0]!.destroyed).toBe(true);
  expect(await connections.statusOf(REQUEST)).toBe(503);
  expect(sockets).toHaveLength(2);
});
