import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ChecksumError, loadManifest } from '../../../models/manifests/load.ts';
import { FileCache } from '../../../workers/hub/cache.ts';
import { HubClient } from '../../../workers/hub/client.ts';
import { CacheUnavailableError, CacheUnknownError, TooManyBytesError } from '../../../workers/hub/errors.ts';
import { fileReader } from '../../../workers/hub/reader.ts';
import { refuseTruncate } from '../../refuse-truncate.ts';
import { MODEL, type OneModel, publishModel, SHA256 } from './one-model.ts';

const HALF = MODEL.length / 2;
const QUARTER = MODEL.length / 4;

let { hub, folder, cache, file, clientOf, fetched } = {} as OneModel;

/** No process has this id: those of Linux, macOS and Windows are smaller. */
const NO_PROCESS = 2 ** 31 - 1;
const partOf = (pid: number, host = hostname()) => join(cache.folder, `${SHA256}.${host}.${pid}.part`);

beforeEach(async () => {
  ({ hub, folder, cache, file, clientOf, fetched } = await publishModel());
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
});

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
