import { once } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Host, PortUnavailableError, serveFolder } from '../../bench/runner/static-server.ts';
import { HEADERS } from '../../workers/environment/page-headers.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { until } from '../until.ts';

const folder = folderOfFile();
let host: Host;

beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  host = await serveFolder(
    folder,
    0,
    new Map([
      ['more/file', async () => 'more'],
      ['more/broken', () => Promise.reject(new Error('gone'))],
    ]),
  );
});
afterAll(() => host.close());

/** Sends a request that may break the rules that `fetch` keeps. Resolves with the status, or with how the connection ended. */
const send = (path: string, headers: Record<string, string>): Promise<number | string | undefined> =>
  new Promise((resolve) => {
    const sent = request(new URL(path, host.url), { headers }, (response) => {
      response.on('error', () => resolve('cut off'));
      response.on('close', () => resolve(response.complete ? response.statusCode : 'cut off'));
      response.resume();
    });
    sent.on('error', () => resolve('cut off'));
    sent.end();
  });

test('every answer has the headers of the page', async () => {
  for (const path of ['', 'more/file', 'more/broken', 'none']) {
    const { headers } = await fetch(host.url + path);
    for (const [name, value] of Object.entries(HEADERS)) expect(headers.get(name)).toBe(value);
  }
});

test('files of the folder and others are served, and nothing else', async () => {
  expect(await (await fetch(host.url)).text()).toBe('<p>page</p>');
  expect(await (await fetch(`${host.url}more/file`)).text()).toBe('more');
  expect((await fetch(`${host.url}more/broken`)).status).toBe(500);
  expect((await fetch(`${host.url}none`)).status).toBe(404);
  expect(await send('/..%2f..%2fetc%2fpasswd', {})).toBe(404);
});

test('a request by another host name is refused', async () => {
  expect(await send('/', { host: 'attacker.example' })).toBe(403);
  expect(await send('/', { host: `localhost:${new URL(host.url).port}` })).toBe(200);
});

test('a range that ends before it begins ends no more than its own request', async () => {
  expect(await send('/', { range: 'bytes=5-2' })).toBe('cut off');
  expect((await fetch(host.url)).status).toBe(200);
});

test('such a range ends the connection, too, if it comes before the answer to another request', async () => {
  const { hostname, port } = new URL(host.url);
  const connection = connect(Number(port), hostname);
  const head = `GET / HTTP/1.1\r\nHost: ${hostname}\r\n`;
  connection.write(`${head}\r\n${head}Range: bytes=5-2\r\n\r\n`);
  connection.resume();
  await once(connection, 'close');
});

test('a file that cannot be read ends no more than its own request', async () => {
  const socket = createServer().listen(join(folder, 'socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  expect(await send('/socket', {})).toBe('cut off');
  expect((await fetch(host.url)).status).toBe(200);
});

test.runIf(process.platform === 'linux')(
  'a client that leaves in the midst of a file leaves it closed',
  async () => {
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(30_000_000));
    const isOpen = () =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          return false; // it was closed meanwhile
        }
      });
    const { hostname, port } = new URL(host.url);
    const connection = connect(Number(port), hostname);
    connection.write(`GET /large HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    await once(connection, 'data');
    expect(isOpen()).toBe(true);
    connection.destroy();
    await until(() => !isOpen());
  },
);

test('a port that is taken is named with the remedy', async () => {
  const taken = serveFolder(folder, Number(new URL(host.url).port));
  await expect(taken).rejects.toThrow(PortUnavailableError);
  await expect(taken).rejects.toThrow(/is in use\. Give another one with --port/);
});
