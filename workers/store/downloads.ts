import { chunksOf } from '../../models/manifests/at-most.ts';
import { fetchWithinLimit, pause, type WaitFor } from '../environment/fetch-file.ts';
import { TooManyBytesError, UnexpectedAnswerError } from '../hub/errors.ts';
import { type Host, type KnownFile, type RestOfFile, resume } from '../hub/resume.ts';
import { FOLDER, PartInCache } from './part-in-cache.ts';
import { StoreUnavailableError } from './store.ts';

/** A file cannot be downloaded. */
export class DownloadError extends Error {
  override name = 'DownloadError';
  constructor(
    readonly url: string,
    readonly reason: string,
    /** HTTP status of the server's refusal; absent if the download failed otherwise. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(
      `${url} cannot be downloaded: ${reason}. The part that has arrived is kept. Add the model again to continue the download.`,
      options,
    );
  }
}

const CACHE = 'ipa-edge downloads';
/** Files whose last part was stored longer ago than this are deleted. */
const KEEP_MS = 7 * 24 * 3600 * 1000;

/** Downloads files in parts that outlive the page, so that a later download of the same content continues after them. */
export class Downloads {
  /**
   * Downloads the missing bytes of a file. The file's size must be known, and its host must allow requests from pages of other
   * sites. The bytes stay stored until {@link forget}. If two tabs want the same file, the second waits, and continues after the
   * bytes that the first has stored.
   * @param wait see {@link fetchWithinLimit}
   * @param onBytes called with the number of bytes that are stored
   * @throws DownloadError, ChecksumError, StoreFullError, StoreUnavailableError, and the signal's reason
   */
  async fetch(
    file: KnownFile,
    signal: AbortSignal,
    headersFor: HeadersFor,
    wait?: WaitFor,
    onBytes: (bytes: number) => void = () => {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const cache = await this.#open();
    return navigator.locks.request(lockOf(file.sha256), { signal }, async () => {
      const part = await PartInCache.open(cache, file);
      onBytes(part.bytes);
      try {
        await resume(hostOf(file, signal, headersFor, wait), file, part, ({ doneBytes }) =>
          onBytes(doneBytes),
        );
        return await part.content();
      } catch (error) {
        signal.throwIfAborted();
        throw asDownloadError(file, error);
      } finally {
        await part.keep();
      }
    });
  }

  /**
   * Deletes the stored parts of the files in `sums`, and of every file whose last part was stored longer than {@link KEEP_MS}
   * ago. It leaves the parts of a file that another tab downloads.
   * @param sums SHA-256 of each file
   */
  async forget(sums: readonly string[]): Promise<void> {
    const cache = await this.#open();
    const parts: { readonly key: Request; readonly sum: string; readonly keptAt: number }[] = [];
    for (const key of await cache.keys()) {
      const [sum] = new URL(key.url).pathname.slice(FOLDER.length).split('/');
      const keptAt = Date.parse((await cache.match(key))?.headers.get('date') ?? '');
      parts.push({ key, sum: sum!, keptAt });
    }
    // If a download was continued after a long time, its first parts are old, but still needed: a file's newest part counts.
    const fresh = new Set(parts.flatMap(({ sum, keptAt }) => (Date.now() - keptAt < KEEP_MS ? [sum] : [])));
    for (const { key, sum } of parts)
      if (sums.includes(sum) || !fresh.has(sum))
        await navigator.locks.request(
          lockOf(sum),
          { ifAvailable: true },
          (lock) => lock && cache.delete(key),
        );
  }

  #open(): Promise<Cache> {
    if (!globalThis.caches)
      throw new StoreUnavailableError(
        'Models can be downloaded only where this page is opened over HTTPS or on localhost.',
      );
    return caches.open(CACHE);
  }
}

/** The name of the lock that lets one tab at a time write a file's parts: parts of two downloads do not fit together. */
const lockOf = (sha256: string): string => `${CACHE} ${sha256}`;

export type HeadersFor = (address: URL) => Readonly<Record<string, string>>;

/** Access to the host of a file from a page, by `fetch`. */
const hostOf = (
  { mostBytes }: KnownFile,
  signal: AbortSignal,
  headersFor: HeadersFor,
  wait: WaitFor | undefined,
): Host => ({
  async get(url, from): Promise<RestOfFile> {
    const address = new URL(url);
    const headers = { ...headersFor(address), ...(from > 0 && { range: `bytes=${from}-` }) };
    const answer = await fetchWithinLimit(address, { signal, cache: 'no-store', headers }, wait);
    const { status, headers: answered, body } = answer;
    if (![200, 206, 416].includes(status))
      throw new DownloadError(url, `the server answered ${status}`, status);
    const first = status === 206 ? from : 0;
    return {
      status,
      // A page can read this header only if the host allows it (Access-Control-Expose-Headers).
      contentRange: answered.get('content-range'),
      contentLength: answered.has('content-encoding') ? null : numberOrNull(answered.get('content-length')),
      chunks: wholeChunks(body!, mostBytes - first),
      cancel: () => body!.cancel(),
    };
  },
  // A failed fetch is a TypeError, whose message differs between browsers. After a status of 500 or more, a retry may succeed.
  isCut: (error) =>
    error instanceof TypeError || (error instanceof DownloadError && (error.status ?? 0) >= 500),
  pause: (seconds) => pause(seconds, signal),
});

const numberOrNull = (header: string | null): number | null => (header === null ? null : Number(header));

/** The chunks of an answer. The connection counts as cut if the answer has fewer than `bytes` bytes. */
async function* wholeChunks(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  bytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  for await (const chunk of chunksOf(body)) {
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw new TypeError('the connection ended early');
}

/** Converts an error of a connection into a DownloadError with a message for the page's user; other errors stay the same. */
function asDownloadError({ url, mostBytes }: KnownFile, cause: unknown): unknown {
  const failed = (reason: string) => new DownloadError(url, reason, undefined, { cause });
  if (cause instanceof TooManyBytesError)
    return failed(`it has more than the ${mostBytes} bytes that are expected`);
  if (cause instanceof UnexpectedAnswerError)
    return failed('the server sent another part than was asked for');
  return cause instanceof TypeError
    ? failed(`${new URL(url).host} cannot be reached, or ends the connection early`)
    : cause;
}
