import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ChecksumError, loadManifest } from '../../../models/manifests/load.ts';
import { FileCache } from '../../../workers/hub/cache.ts';
import { HubClient } from '../../../workers/hub/client.ts';
import {
  AccessDeniedError,
  CacheUnavailableError,
  CacheUnknownError,
  NotOnHubError,
  RateLimitedError,
  TooManyBytesError,
  UnexpectedAnswerError,
  UnreachableError,
} from '../../../workers/hub/errors.ts';
import { fileReader } from '../../../workers/hub/reader.ts';
import type { KnownFile } from '../../../workers/hub/resume.ts';
import { COMMIT, LocalHub } from '../../hub.ts';
import { refuseTruncate } from '../../refuse-truncate.ts';
import { folderOfTest } from '../../temporary-folder.ts';

const MODEL = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const SHA256 = createHash('sha256').update(MODEL).digest('hex');
const HALF = MODEL.length / 2;
const QUARTER = MODEL.length / 4;

let hub: LocalHub;
let folder: string;
let cache: FileCache;
let file: KnownFile;
/** The waits, in seconds, that the client asked for; the tests skip them. */
let waits: number[];

const clientOf = (signal?: AbortSignal) =>
  new HubClient({ env: hub.env(folder), signal, wait: async (seconds) => void waits.push(seconds) });
/** No process has this id: those of Linux, macOS and Windows are smaller. */
const NO_PROCESS = 2 ** 31 - 1;
const partOf = (pid: number, host = hostname()) => join(cache.folder, `${SHA256}.${host}.${pid}.part`);
const fetched = (client = clientOf()) => cache.fetch(file, client);

beforeEach(async () => {
  hub = await LocalHub.start();
  hub.publish('a/b', { 'onnx/model.onnx': MODEL });
  folder = folderOfTest();
  cache = new FileCache(join(folder, 'files'));
  file = { url: `${hub.url}/a/b/resolve/${COMMIT}/onnx/model.onnx`, sha256: SHA256, mostBytes: MODEL.length };
  waits = [];
});

afterEach(() => hub.close());

/**
 * Makes the host of large files send a quarter of the file and cut the connection once the client has it, `times` times.
 * @returns a function that tells the host how many bytes the client has
 */
function cutAtQuarters(times: number): (progress: { readonly doneBytes: number }) => void {
  let left = times;
  let cut = () => {};
  let sentUntil = 0;
  hub.spoil('?signature', ({ headers }, response) => {
    if (left-- <= 0) return false;
    const from = Number(/\d+/.exec(headers.range ?? '0')![0]);
    sentUntil = from + QUARTER;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': MODEL.length - from,
      'content-range': `bytes ${from}-${MODEL.length - 1}/${MODEL.length}`,
    });
    response.write(MODEL.subarray(from, sentUntil));
    cut = () => response.destroy();
    return true;
  });
  return ({ doneBytes }) => {
    if (doneBytes === sentUntil) cut();
  };
}

const ranges = () => hub.requests.flatMap(({ host, range }) => (host === 'files' ? [range] : []));

describe('a download', () => {
  test('follows the redirect, and the token goes to the hub alone', async () => {
    expect((await readFile(await fetched())).equals(MODEL)).toBe(true);
    expect(hub.requests.map(({ host, authorization }) => [host, authorization])).toEqual([
      ['hub', 'Bearer token-of-the-test'],
      ['files', undefined],
    ]);
    expect(await readdir(cache.folder)).toEqual([SHA256]);
  });

  test('takes the token and the address of the hub without white space around them', async () => {
    const { HF_ENDPOINT, HF_TOKEN } = hub.env(folder);
    const client = new HubClient({ env: { HF_ENDPOINT: ` ${HF_ENDPOINT}/ `, HF_TOKEN: `${HF_TOKEN}\r\n` } });
    expect(client.endpoint).toBe(hub.url);
    await fetched(client);
    expect(hub.requests[0]!.authorization).toBe('Bearer token-of-the-test');
  });

  test('moves no bytes the second time, and asks nobody', async () => {
    await fetched();
    const asked = hub.requests.length;
    await fetched();
    expect([hub.requests.length, hub.sentBytes]).toEqual([asked, MODEL.length]);
  });

  test('is one where two want the same content', async () => {
    await Promise.all([fetched(), fetched()]);
    expect(hub.sentBytes).toBe(MODEL.length);
  });

  test('that is cut goes on where it stopped', async () => {
    await cache.fetch(file, clientOf(), cutAtQuarters(2));
    expect(ranges()).toEqual([undefined, `bytes=${QUARTER}-`, `bytes=${HALF}-`]);
  });

  test('that is stopped keeps what has arrived', async () => {
    const controller = new AbortController();
    cutAtQuarters(1);
    const stopping = cache.fetch(file, clientOf(controller.signal), ({ doneBytes }) => {
      if (doneBytes === QUARTER) controller.abort(new Error('stopped'));
    });
    await expect(stopping).rejects.toThrow('stopped');
    await fetched();
    expect(ranges()).toEqual([undefined, `bytes=${QUARTER}-`]);
  });

  test('of a process that ended goes on in the next one', async () => {
    await mkdir(cache.folder);
    await writeFile(partOf(NO_PROCESS), MODEL.subarray(0, HALF));
    await fetched();
    expect(ranges()).toEqual([`bytes=${HALF}-`]);
    expect(await readdir(cache.folder)).toEqual([SHA256]);
  });

  test('leaves the part of another host alone, whose processes it does not see, until nothing was added for over an hour', async () => {
    await mkdir(cache.folder);
    const other = partOf(NO_PROCESS, 'other.example');
    await writeFile(other, MODEL.subarray(0, HALF));
    await fetched();
    expect(ranges()).toEqual([undefined]);
    await rm(cache.pathOf(file));
    await utimes(other, new Date(), new Date(Date.now() - 2 * 3_600_000));
    await fetched();
    expect(ranges().slice(1)).toEqual([`bytes=${HALF}-`]);
    expect(await readdir(cache.folder)).toEqual([SHA256]);
  });

  test('that finds a wrong part starts anew', async () => {
    await cache.fetch(file, clientOf());
    await rm(cache.pathOf(file));
    await writeFile(partOf(process.pid), new Uint8Array(HALF).fill(7));
    await fetched();
    expect(ranges().slice(1)).toEqual([`bytes=${HALF}-`, undefined]);
    expect(await cache.check(file)).toBe(true);
  });

  test('that finds a wrong part starts anew on Windows, too', async () => {
    await refuseTruncate();
    await mkdir(cache.folder);
    const part = partOf(process.pid);
    await writeFile(part, new Uint8Array(HALF).fill(7));
    await fetched();
    expect(await cache.check(file)).toBe(true);
  });

  test.each([
    ['complete', MODEL],
    ['longer than the file', new Uint8Array(2 * MODEL.length)],
  ])('that finds a part which is %s ends well', async (_, content) => {
    await fetched();
    await rm(cache.pathOf(file));
    await writeFile(partOf(process.pid), content);
    await fetched();
    expect(await cache.check(file)).toBe(true);
  });

  test('from a host without ranges starts anew', async () => {
    const onProgress = cutAtQuarters(1);
    hub.spoil('?signature', ({ headers }, response) => {
      if (headers.range === undefined) return false;
      response.end(MODEL);
      return true;
    });
    await cache.fetch(file, clientOf(), onProgress);
    expect(await cache.check(file)).toBe(true);
  });

  test('of another content is refused with both sums, and nothing stays', async () => {
    hub.publish('a/b', { 'onnx/model.onnx': MODEL.with(HALF, MODEL[HALF]! ^ 1) });
    await expect(fetched()).rejects.toThrow(ChecksumError);
    await expect(fetched()).rejects.toThrow(SHA256);
    expect(await readdir(cache.folder)).toEqual([]);
  });

  test.each([
    ['that states its length', true],
    ['that does not', false],
  ])('of more bytes than the manifest says is refused, from a host %s', async (_, states) => {
    const endless = new Uint8Array(4 * MODEL.length);
    hub.spoil('?signature', (_, response) => {
      response.writeHead(200, states ? { 'content-length': endless.length } : {}).end(endless);
      return true;
    });
    await expect(fetched()).rejects.toThrow(TooManyBytesError);
    await expect(fetched()).rejects.toThrow(`more than the ${MODEL.length} bytes`);
    expect(await cache.has(file)).toBe(false);
  });

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

test('a folder that cannot be written is told with the remedy', async () => {
  await writeFile(join(folder, 'files'), 'no folder');
  await expect(fetched()).rejects.toThrow(CacheUnavailableError);
  await expect(fetched()).rejects.toThrow('XDG_CACHE_HOME');
});

test.runIf(process.platform === 'linux')('a full disk is told with the folder and the remedy', async () => {
  await mkdir(cache.folder);
  await symlink('/dev/full', partOf(process.pid));
  await expect(fetched()).rejects.toThrow(CacheUnavailableError);
  await expect(fetched()).rejects.toThrow(
    `${cache.folder}, where downloaded files are kept, cannot be used: the disk is full. Name`,
  );
});

test('a user without a home folder is told to name a folder', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ['XDG_CACHE_HOME', 'LOCALAPPDATA', 'HOME', 'USERPROFILE']) vi.stubEnv(name, '');
  expect(() => new FileCache()).toThrow(CacheUnknownError);
});

test('a file that is changed by one byte never reaches a session, and a check removes it', async () => {
  const { XDG_CACHE_HOME } = process.env;
  process.env.XDG_CACHE_HOME = folder;
  try {
    const manifest = join(folder, 'manifest.json');
    const model = { file: file.url, sha256: SHA256, sizeBytes: MODEL.length, dtype: 'fp32' };
    await writeFile(
      manifest,
      JSON.stringify({
        ...{ schema: 'ipa-edge/manifest@2', name: 'one', title: 'One model' },
        stages: [
          {
            ...{ name: 'classify', task: 'image-classification', classes: ['a', 'b'] },
            input: { channels: 1, height: 2, width: 2 },
            variants: [{ name: 'only', accuracy: null, accuracySource: 'none', sessions: { model } }],
          },
        ],
      }),
    );
    const loaded = await loadManifest(manifest, fileReader());
    const read = () => loaded.readModels(loaded.manifest.stages[0]!.variants[0]!);
    expect(Buffer.from((await read()).model!).equals(MODEL)).toBe(true);

    const stored = new FileCache();
    await writeFile(stored.pathOf(file), MODEL.with(HALF, MODEL[HALF]! ^ 1));
    await expect(read()).rejects.toThrow(ChecksumError);
    expect(await stored.check(file)).toBe(false);
    expect(Buffer.from((await read()).model!).equals(MODEL)).toBe(true);
  } finally {
    process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  }
});
