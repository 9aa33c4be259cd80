import { afterAll, expect, test } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { checkHost } from '../../agent/http/foreign-pages.ts';

const app = baseApp({ log: () => {} }, { names: ['box.example', '10.1.2.3'] });
app.post('/', async () => ({}));
app.put('/', async () => ({}));
app.get('/', async () => ({}));

afterAll(() => app.close());

const answer = (method: 'POST' | 'PUT' | 'GET', headers: Record<string, string>) =>
  app.inject({
    method,
    url: '/',
    headers: { host: 'box.example', ...headers },
    payload: method === 'GET' ? '' : '{}',
  });

test.each([
  'text/plain',
  'text/plain;charset=UTF-8',
  'TEXT/PLAIN',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
])('a body of %s, which any page may send, is refused before it is read', async (type) => {
  for (const method of ['POST', 'PUT'] as const)
    expect((await answer(method, { 'content-type': type })).statusCode).toBe(415);
});

test('a body of JSON, of bytes, or of no type from outside a browser is read', async () => {
  for (const headers of [
    { 'content-type': 'application/json' },
    { 'content-type': 'application/octet-stream' },
    {},
  ])
    expect((await answer('POST', headers)).statusCode).toBe(200);
  expect((await answer('POST', { origin: 'http://evil.example' })).statusCode).toBe(415);
});

test.each(['evil.example', 'box.example.evil.example', 'localhost.evil.example', 'xlocalhost'])(
  'under the name %s nothing is answered',
  async (host) => {
    for (const method of ['GET', 'POST'] as const)
      expect((await answer(method, { host, 'content-type': 'application/json' })).statusCode).toBe(421);
  },
);

test.each([
  'box.example',
  'BOX.example.:8080',
  'localhost',
  'a.localhost:80',
  '10.1.2.3:1',
  '192.0.2.7',
  '[::1]:8080',
])('under %s it answers', async (host) => {
  expect((await answer('GET', { host })).statusCode).toBe(200);
});

test('a request that names no host passes, because no browser sends it', () => {
  for (const host of [undefined, '']) expect(() => checkHost({ host }, ['box.example'])).not.toThrow();
});
