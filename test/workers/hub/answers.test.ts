import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HubClient } from '../../../workers/hub/client.ts';
import {
  AccessDeniedError,
  NotOnHubError,
  RateLimitedError,
  UnexpectedAnswerError,
  UnreachableError,
} from '../../../workers/hub/errors.ts';
import { LocalHub } from '../../hub.ts';
import { type OneModel, publishModel } from './one-model.ts';

let { hub, cache, file, waits, clientOf, fetched } = {} as OneModel;

beforeEach(async () => {
  ({ hub, cache, file, waits, clientOf, fetched } = await publishModel());
});

afterEach(() => hub.close());

describe('a download', () => {
  test('waits as long as a rate limit asks', async () => {
    hub.answerWith('/resolve/', [429, 429], { 'retry-after': '7' });
    hub.answerWith('?signature', [429], { ratelimit: '"resolvers";r=0;t=55' });
    await fetched();
    expect(waits).toEqual([7, 7, 55]);
  });

  test.each([-1, 1])('waits as long as a host asks whose clock differs by %d hour', async (hours) => {
    const nowMs = Date.now() + 3_600_000 * hours;
    const [date, after] = [nowMs, nowMs + 30_000].map((ms) => new Date(ms).toUTCString());
    hub.answerWith('/resolve/', [429], { date: date!, 'retry-after': after! });
    await fetched();
    expect(waits).toEqual([30]);
  });

  test('gives up where a rate limit asks for too much, and says for how long', async () => {
    hub.answerWith('/resolve/', [429], { 'retry-after': '3600' });
    await expect(fetched()).rejects.toThrow(RateLimitedError);
    hub.answerWith('/resolve/', [429], { 'retry-after': '3600' });
    await expect(fetched()).rejects.toThrow(/3600 s \(429\).*HF_TOKEN/);
    expect(waits).toEqual([]);
  });

  test.each([
    [404, NotOnHubError, /does not exist/],
    [401, AccessDeniedError, /token in HF_TOKEN may not read it/],
    [403, AccessDeniedError, /accept its conditions/],
    [418, UnexpectedAnswerError, /status 418/],
  ])('that is answered with %d fails at once with the remedy', async (status, type, says) => {
    hub.answerWith('/resolve/', [status, status]);
    await expect(fetched()).rejects.toThrow(type);
    await expect(fetched()).rejects.toThrow(says);
    expect(waits).toEqual([]);
  });

  test('survives a failure of the host that passes, and not one that stays', async () => {
    hub.answerWith('/resolve/', [503, 502]);
    await fetched();
    await rm(cache.pathOf(file));
    hub.answerWith('/resolve/', [503, 503, 503, 503]);
    await expect(fetched()).rejects.toThrow(UnreachableError);
  });

  test('that fails at the host of large files is told without the signature of its address', async () => {
    hub.answerWith('?signature', [403]);
    const error = (await fetched().catch((thrown) => thrown)) as Error;
    expect(error).toBeInstanceOf(AccessDeniedError);
    expect(error.message).toContain('/onnx/model.onnx cannot be read (403)');
    expect(error.message).not.toContain('signature');
  });

  test('without a network fails with the remedy', async () => {
    const client = clientOf();
    await hub.close();
    await expect(fetched(client)).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\).*a download goes on where it stopped/,
    );
    hub = await LocalHub.start();
  });

  test('follows redirects neither without end nor away from HTTP', async () => {
    for (const [location, says] of [
      ['?again', /more than 8 redirects/],
      ['file:///etc/passwd', /a redirect to file:/],
    ] as const) {
      const server = createServer((_, response) => response.writeHead(302, { location }).end());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await expect(clientOf().get(url)).rejects.toThrow(says);
      server.closeAllConnections();
      server.close();
    }
  });
});

test.each([
  ['http://127.0.0.1:2375/', /a redirect to http:\/\/127/],
  ['http://[::ffff:127.0.0.1]/', /a redirect to/],
  ['http://[::1]:8080/', /a redirect to/],
  ['http://api.localhost/', /a redirect to/],
  ['http://0x7f.1/', /a redirect to/],
  ['http://169.254.169.254/latest/meta-data/', /a redirect to/],
  ['http://files.example/', /more than 8 redirects/],
])(
  'of redirects from another host, one to %s: only that to a third host is followed',
  async (location, says) => {
    // The proxy answers in the place of every host.
    const proxy = createServer((_, response) => response.writeHead(302, { location }).end());
    proxy.on('connect', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      proxy.emit('connection', socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const client = new HubClient({
      env: { HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` },
    });
    await expect(client.get('http://models.example/model.onnx')).rejects.toThrow(says);
    proxy.closeAllConnections();
    proxy.close();
  },
);
