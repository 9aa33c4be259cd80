import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { type Authorise, LINE_LETTERS_MAX } from '../../../agent/kubernetes/connection.ts';

/** An API server with one answer to everything. */
async function answering(listener: RequestListener, authorise: Authorise = async (options) => options) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return new KubernetesApi({ server: `http://127.0.0.1:${port}`, authorise });
}

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };

test('a request that comes while there are too many is sent again when the API server says', async () => {
  const bodies: string[] = [];
  const api = await answering(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    bodies.push(body);
    if (bodies.length <= 2) response.writeHead(429, { 'retry-after': '0' }).end('too many requests');
    else response.end(body);
  });
  expect(await api.apply(object)).toEqual(object);
  expect(new Set(bodies).size).toBe(1);
});

test.each([{}, { 'retry-after': '3600' }, { 'retry-after': 'Tue, 01 Dec 2026 00:00:00 GMT' }])(
  'too many requests are an error if nobody can wait for the end: %j',
  async (headers) => {
    const api = await answering((_request, response) => response.writeHead(429, headers).end());
    await expect(api.read(object)).rejects.toMatchObject({ status: 429 });
  },
);

test('too many requests are an error if they stay too many', async () => {
  const api = await answering((_request, response) => response.writeHead(429, { 'retry-after': '0' }).end());
  await expect(api.read(object)).rejects.toMatchObject({ status: 429 });
});

test('a change may take as long as admission webhooks do, so that their failure and not silence is told', async () => {
  const timeouts = new Map<string, number>();
  const api = await answering(
    (_request, response) => response.end('{}'),
    async (options) => {
      timeouts.set(options.method!, options.timeout!);
      return options;
    },
  );
  await api.read(object);
  await api.apply(object);
  await api.remove(object);
  expect(timeouts.get('GET')).toBe(10_000);
  for (const method of ['PATCH', 'DELETE']) expect(timeouts.get(method)).toBeGreaterThan(34_000);
});

const RIGHT = /Give the account of the kubeconfig that right/;
test.each([
  ['User "ci" cannot patch resource "deployments" in API group "apps" in the namespace "shop"', true],
  ['user "ci" (groups=["dev"]) is attempting to grant RBAC permissions not currently held', true],
  ['exceeded quota: small, requested: count/deployments.apps=1, used: 2, limited: 2', false],
  ['unable to create new content in namespace shop because it is being terminated', false],
  ['admission webhook "validation.gatekeeper.sh" denied the request: no limits', false],
])('a refusal is told to be for a lacking right only if it is: %s', async (message, isRight) => {
  const text = JSON.stringify({ kind: 'Status', status: 'Failure', message, code: 403 });
  const api = await answering((_request, response) => response.writeHead(403).end(text));
  const error = await api.apply(object).catch((caught) => caught);
  expect(error.message).toContain(message);
  expect(RIGHT.test(error.message)).toBe(isRight);
});

/** Sends text as fast as the client reads it, until the client leaves. */
const endless: RequestListener = (_request, response) => {
  const send = () => {
    while (response.writable && response.write('x'.repeat(2 ** 20)));
  };
  response.on('drain', send);
  send();
};

test('a pod whose answer has no end is read only so far', async () => {
  const api = await answering(endless);
  await expect(api.podText('shop', 'a', 80, '/metrics')).rejects.toThrow(
    /the answer of Pod a is longer than/,
  );
});

test('a pod whose refusal has no end is read only so far', async () => {
  const api = await answering((request, response) => endless(request, response.writeHead(500) as never));
  await expect(api.podText('shop', 'a', 80, '/metrics')).rejects.toThrow(
    /the answer of Pod a is longer than/,
  );
});

test('a pod that sends slowly is read only for so long', async () => {
  const late = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  onTestFinished(() => void vi.restoreAllMocks());
  const api = await answering((_request, response) => {
    response.write('x', () => late.abort(new Error('too late')));
  });
  await expect(api.podText('shop', 'a', 80, '/metrics')).rejects.toThrow('too late');
});

test('a log without the end of a line is read only so far', async () => {
  const api = await answering(endless);
  const { signal } = new AbortController();
  const read = api.logs('shop', 'a', 'main', signal).next();
  await expect(read).rejects.toThrow(
    `a line of the log of Pod a is longer than ${LINE_LETTERS_MAX} characters`,
  );
});

test('a log is read line by line, however it is cut into pieces, and to its last line', async () => {
  const api = await answering(async (_request, response) => {
    for (const byte of Buffer.from('à la\r\n\nb\u2028c\nd'))
      await new Promise((sent) => response.write(Buffer.of(byte), sent));
    response.end();
  });
  const lines = [];
  for await (const line of api.logs('shop', 'a', 'main', new AbortController().signal)) lines.push(line);
  expect(lines).toEqual(['à la', '', 'b\u2028c', 'd']);
});
