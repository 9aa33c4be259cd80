import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../models/manifests/load.ts';
import { fileFetcher } from '../../workers/environment/fetch-file.ts';
import { Downloads } from '../../workers/store/downloads.ts';

const MIB = 2 ** 20;
const NEVER = new AbortController().signal;

let name: string;
beforeEach(() => {
  name = crypto.randomUUID();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const key of await caches.keys()) await caches.delete(key);
});

const waitsForLock = async () => ((await navigator.locks.query()).pending ?? []).length > 0;

it('downloaded in two tabs at once, a file is whole in both', async () => {
  const bytes = new Uint8Array(12 * MIB).map((_, i) => i % 251);
  const file = { url: `https://hub.test/${name}`, sha256: await sha256Hex(bytes), mostBytes: bytes.length };
  /** How many chunks of its answer each request has read. */
  const asked: number[] = [];
  let firstIsDone = false;
  vi.stubGlobal('fetch', async (_url: string, { headers }: { headers: { range?: string } }) => {
    const request = asked.push(0) - 1;
    // The two requests get their answers in chunks of different sizes.
    const size = (5 + request) * MIB;
    let at = Number(/\d+/.exec(headers.range ?? '0')![0]);
    const status = at > 0 ? 206 : 200;
    const body = new ReadableStream(
      {
        async pull(controller) {
          asked[request]!++;
          if (asked[request] === 2)
            await (request === 0
              ? vi.waitUntil(async () => asked[1] === 2 || (await waitsForLock()), { timeout: 20_000 })
              : vi.waitUntil(() => firstIsDone, { timeout: 20_000 }));
          if (at === bytes.length) return controller.close();
          controller.enqueue(bytes.slice(at, at + size));
          at = Math.min(bytes.length, at + size);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status });
  });
  const [first, second] = [new Downloads(), new Downloads()].map((tab) => tab.fetch(file, NEVER, () => ({})));
  expect(await sha256Hex(await first!)).toBe(file.sha256);
  firstIsDone = true;
  expect(await sha256Hex(await second!)).toBe(file.sha256);
});

it('a host that allows no more requests for now is asked again after the time that it names', async () => {
  const limited = () => new Response('', { status: 429, headers: { 'retry-after': '1' } });
  const bytes = new Uint8Array(MIB).map((_, i) => i % 251);
  const file = { url: `https://hub.test/${name}`, sha256: await sha256Hex(bytes), mostBytes: bytes.length };
  const answers = [limited(), new Response(bytes), limited(), new Response('{}')];
  vi.stubGlobal('fetch', async () => answers.shift()!);
  const content = await new Downloads().fetch(file, NEVER, () => ({}));
  expect(await sha256Hex(content)).toBe(file.sha256);
  const small = await fileFetcher()(`${file.url}.json`, 100);
  expect(new TextDecoder().decode(await small)).toBe('{}');
});

it('a host that fails at first is asked again', async () => {
  const bytes = new Uint8Array(MIB).map((_, i) => i % 251);
  const file = { url: `https://hub.test/${name}`, sha256: await sha256Hex(bytes), mostBytes: bytes.length };
  const answers = [new Response('', { status: 503 }), new Response(bytes)];
  vi.stubGlobal('fetch', async () => answers.shift()!);
  expect(await new Downloads().fetch(file, NEVER, () => ({}))).toEqual(bytes);
});

it('a file that has another sum than is expected is refused, and nothing of it stays', async () => {
  const bytes = new Uint8Array(MIB);
  const file = { url: `https://hub.test/${name}`, sha256: 'a'.repeat(64), mostBytes: bytes.length };
  vi.stubGlobal('fetch', async () => new Response(bytes));
  await expect(new Downloads().fetch(file, NEVER, () => ({}))).rejects.toThrow(/SHA-256/);
  const cache = await caches.open('ipa-edge downloads');
  expect(await cache.keys()).toEqual([]);
});

it('all parts of a file stay until a week after the last one was stored', async () => {
  const cache = await caches.open('ipa-edge downloads');
  const keep = (sum: string, start: number, daysAgo: number) => {
    const headers = {
      'x-bytes': '10',
      date: new Date(Date.now() - daysAgo * 24 * 3600 * 1000).toUTCString(),
    };
    return cache.put(`/ipa-edge-downloads/${sum}/${start}`, new Response('0123456789', { headers }));
  };
  await keep('continued', 0, 8);
  await keep('continued', 10, 1);
  await keep('given-up', 0, 8);
  await new Downloads().forget([]);
  const left = (await cache.keys()).map(({ url }) => new URL(url).pathname.split('/').slice(2).join(' '));
  expect(left.sort()).toEqual(['continued 0', 'continued 10']);
});

it('a wait for a host ends at once if the download was stopped before', async () => {
  const stop = new AbortController();
  const limited = new Response('', { status: 429, headers: { 'retry-after': '200' } });
  vi.stubGlobal('fetch', async () => {
    stop.abort(new Error('stopped'));
    return limited;
  });
  await expect(fileFetcher(stop.signal)(`https://hub.test/${name}.json`, 100)).rejects.toThrow('stopped');
});
