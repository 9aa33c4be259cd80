import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { baseApp } from '../../agent/http/base.ts';
import { serve } from '../../agent/http/serve.ts';
import { PATIENCE_MS } from '../patience.ts';

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
