import { chunksOf, joinAtMost } from '../../models/manifests/at-most.ts';
import type { ReadFile } from '../../models/manifests/load.ts';
import { sleep } from '../executor/clock.ts';
import { limitEndsS, withinLimit } from '../hub/rate-limit.ts';

/** A server answered a request for a file with an error status. */
export class RefusedFileError extends Error {
  override name = 'RefusedFileError';
  constructor(
    readonly status: number,
    statusText: string,
  ) {
    super(`the server answered ${status} ${statusText}`.trim());
  }
}

/** Waits for `seconds`, or until the signal aborts. @throws the signal's reason if it aborted */
export async function pause(seconds: number, signal: AbortSignal | null): Promise<void> {
  await sleep(1000 * seconds, signal ?? undefined);
  signal?.throwIfAborted();
}

/** Waits before a request to an address is repeated. @throws the reason if the caller stops the request */
export type WaitFor = (address: URL, seconds: number) => Promise<void>;

/**
 * Fetches a file. While the host answers 429, the fetch is repeated within the limits of {@link withinLimit}.
 * @param wait by default {@link pause} with the signal of the request
 */
export const fetchWithinLimit = (
  url: URL,
  init: RequestInit & { readonly signal: AbortSignal | null },
  wait: WaitFor = (_, seconds) => pause(seconds, init.signal),
): Promise<Response> =>
  withinLimit(() => fetch(url, init), {
    waitS: ({ status, headers }) => (status === 429 ? limitEndsS((name) => headers.get(name)) : null),
    discard: ({ body }) => body?.cancel(),
    pause: (seconds) => wait(url, seconds),
  });

/**
 * Returns a function that fetches files by their URL, relative to the page. That function throws RefusedFileError if the server
 * refuses the file, and an error if the file has more than `mostBytes`.
 * @param headersFor returns the headers to send to an address
 * @param wait see {@link fetchWithinLimit}
 */
export const fileFetcher =
  (signal?: AbortSignal, headersFor: (address: URL) => HeadersInit = () => ({}), wait?: WaitFor): ReadFile =>
  async (url, mostBytes) => {
    const address = new URL(url, document.baseURI);
    const headers = headersFor(address);
    const response = await fetchWithinLimit(address, { signal: signal ?? null, headers }, wait).catch(
      (cause) => {
        if (!(cause instanceof TypeError) || address.origin === location.origin) throw cause;
        // Browsers do not reveal which of the two reasons applies, so the message names both.
        throw new Error(
          `${address.host} cannot be reached, or does not let other sites read its files: ` +
            'it must send the header Access-Control-Allow-Origin',
          { cause },
        );
      },
    );
    if (!response.ok) throw new RefusedFileError(response.status, response.statusText);
    return joinAtMost(chunksOf(response.body!), mostBytes);
  };
