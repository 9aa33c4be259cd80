import { type AddressInfo, connect } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { heardOn } from './heard.ts';

const app = baseApp({ log: () => {} });
app.post('/models/:model/infer', async () => ({}));
app.get('/plan', async () => ({}));
app.put('/plan', async () => ({}));
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;

afterAll(() => app.close());

test.each([
  ['GET', '/models/fashion/infer', 'POST'],
  ['DELETE', '/plan?now', 'GET, HEAD, PUT'],
] as const)('%s %s answers 405, and the methods of that path', async (method, url, allowed) => {
  const answer = await app.inject({ method, url });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, allowed]);
  expect(answer.json()).toEqual({ error: `There is no ${method} ${url} here: send ${allowed}.` });
});

test.each([
  ['a % that begins no character', '/models/%zz/infer', 400, 'A % in the URL begins no encoded character'],
  ['a name of 5,000 letters', `/models/${'x'.repeat(5000)}/infer`, 414, 'has more than 200 characters'],
])('a URL with %s is answered in the form of all errors, and not repeated', async (_, url, status, why) => {
  const answer = await app.inject({ method: 'POST', url, payload: {} });
  expect([answer.statusCode, answer.json()]).toEqual([status, { error: expect.stringContaining(why) }]);
  expect(answer.body.length).toBeLessThan(200);
});

test.each([
  ['bytes that are not HTTP', 'hello\r\n\r\n', 400, 'The request is not valid HTTP/1.1.'],
  ['long headers', `GET / HTTP/1.1\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'more than 16384 bytes'],
])('%s are answered in the form of all errors', async (_, sent, status, why) => {
  const socket = connect(port, '127.0.0.1');
  const heard = heardOn(socket);
  socket.on('error', () => {});
  socket.write(sent);
  await new Promise((resolve) => socket.once('close', resolve));
  const [head, body] = heard().split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 's'));
  expect(JSON.parse(body!)).toEqual({ error: expect.stringContaining(why) });
});
