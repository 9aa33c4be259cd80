import { chunksOf } from '../../models/manifests/at-most.ts';
import { ChecksumError, sha256Hex } from '../../models/manifests/load.ts';
import { orFull, StoreUnavailableError } from './store.ts';

/** A file on a host that lets pages of other sites read its files, whose content is known before it is read. */
export interface KnownFile {
  readonly url: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Headers to send with the request; absent: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file cannot be downloaded. */
class DownloadError extends Error {
  override name = 'DownloadError';
  constructor(
    readonly url: string,
    reason: string,
    /** With which the server refused the file; absent where it did not. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(
      `${url} cannot be downloaded: ${reason}. What has arrived is kept: add it again to go on.`,
      options,
    );
  }
}

const CACHE = 'ipa-edge downloads';
/** Path prefix of the cache's keys, `<sha256>/<first byte>`. Nothing is ever fetched from there. */
const FOLDER = '/ipa-edge-downloads/';

/** A part is kept once it has so many bytes; a page that is closed loses less than one. */
const PART_BYTES = 4 * 2 ** 20;
/** Parts of a file that nobody went on with for so long are deleted. */
const KEEP_MS = 7 * 24 * 3600 * 1000;

/** Downloads files in parts that outlive the page: a later download of the same content goes on after them. */
export class Downloads {
  /** @param caches null if the page was not opened by https or on localhost */
  constructor(private readonly caches: CacheStorage | null = globalThis.caches ?? null) {}

  /**
   * Downloads a file, or what is missing of it. Its parts stay until {@link forget}.
   * @param onBytes called with the bytes of the file that are here
   * @throws DownloadError, ChecksumError, StoreFullError, StoreUnavailableError, and the signal's reason
   */
  async fetch(
    file: KnownFile,
    signal: AbortSignal,
    onBytes: (bytes: number) => void = () => {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const cache = await this.#open();
    for (let before = -1; ; ) {
      const at = await lengthOf(cache, file);
      onBytes(at);
      if (at >= file.sizeBytes) break;
      try {
        await fill(cache, file, at, signal, onBytes);
      } catch (error) {
        signal.throwIfAborted();
        // A connection that was cut is taken up again, as long as each brings something.
        const here = await lengthOf(cache, file);
        if (!(error instanceof TypeError) || here <= Math.max(before, at)) throw asDownloadError(file, error);
        before = here;
      }
    }
    const parts = await Promise.all(
      (await partsOf(cache, file)).map(async ({ key }) => (await cache.match(key))!.arrayBuffer()),
    );
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    const found = await sha256Hex(bytes);
    if (found === file.sha256) return bytes;
    await this.forget([file.sha256]);
    throw new ChecksumError(file.url, file.sha256, found);
  }

  /** Deletes the parts of files, and what was left long ago. */
  async forget(sums: readonly string[]): Promise<void> {
    const cache = await this.#open();
    for (const key of await cache.keys()) {
      const [sum] = new URL(key.url).pathname.slice(FOLDER.length).split('/');
      const keptAt = Date.parse((await cache.match(key))?.headers.get('date') ?? '');
      if (sums.includes(sum!) || !(Date.now() - keptAt < KEEP_MS)) await cache.delete(key);
    }
  }

  #open(): Promise<Cache> {
    if (!this.caches)
      throw new StoreUnavailableError(
        'Models can be downloaded only where this page is opened by https or on localhost.',
      );
    return this.caches.open(CACHE);
  }
}

/** Keeps the rest of a file, from the byte `at`. */
async function fill(
  cache: Cache,
  file: KnownFile,
  at: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const headers = { ...file.headers, ...(at > 0 && { range: `bytes=${at}-` }) };
  const response = await fetch(file.url, { signal, cache: 'no-store', headers });
  const whole = response.status === 200;
  if (!whole && response.status !== 206)
    throw new DownloadError(file.url, `the server answered ${response.status}`, response.status);
  if (whole) for (const { key } of await partsOf(cache, file)) await cache.delete(key);
  let start = whole ? 0 : at;
  let end = start;
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  const keep = async () => {
    if (end > start) await put(cache, file, start, end, new Blob(chunks));
    start = end;
    chunks = [];
  };
  try {
    for await (const value of chunksOf(response.body!)) {
      if (end + value.length > file.sizeBytes)
        throw new DownloadError(file.url, `it has more than the ${file.sizeBytes} bytes that are expected`);
      chunks.push(value);
      end += value.length;
      onBytes(end);
      if (end - start >= PART_BYTES) await keep();
    }
  } finally {
    await keep();
  }
  if (end < file.sizeBytes) throw new TypeError('the connection ended early');
}

async function put(cache: Cache, file: KnownFile, start: number, end: number, content: Blob): Promise<void> {
  const headers = { 'x-bytes': String(end - start), date: new Date().toUTCString() };
  await cache.put(`${FOLDER}${file.sha256}/${start}`, new Response(content, { headers })).catch((cause) => {
    throw orFull(cause, file.url);
  });
}

/** The parts of a file from its start, without a gap. */
async function partsOf(cache: Cache, { sha256 }: KnownFile): Promise<{ key: Request; end: number }[]> {
  const own = `${FOLDER}${sha256}/`;
  const byStart = new Map(
    (await cache.keys()).flatMap((key) => {
      const { pathname } = new URL(key.url);
      return pathname.startsWith(own) ? [[Number(pathname.slice(own.length)), key] as const] : [];
    }),
  );
  const parts: { key: Request; end: number }[] = [];
  for (let end = 0, key = byStart.get(0); key; key = byStart.get(end)) {
    const bytes = Number((await cache.match(key))?.headers.get('x-bytes'));
    if (!(bytes > 0)) break;
    end += bytes;
    parts.push({ key, end });
  }
  return parts;
}

const lengthOf = async (cache: Cache, file: KnownFile): Promise<number> =>
  (await partsOf(cache, file)).at(-1)?.end ?? 0;

/** A failed fetch is a TypeError, whose message differs between browsers. */
const asDownloadError = (file: KnownFile, error: unknown): unknown =>
  error instanceof TypeError
    ? new DownloadError(file.url, `${new URL(file.url).host} cannot be reached`, undefined, { cause: error })
    : error;
