import { chunksOf, joinAtMost } from '../../models/manifests/at-most.ts';
import type { ReadFile } from '../../models/manifests/load.ts';

/** Fetches files by their URL, relative to the page. A file with more bytes than expected is not read to its end. */
export const fileFetcher =
  (signal?: AbortSignal): ReadFile =>
  async (url, mostBytes) => {
    const address = new URL(url, document.baseURI);
    const response = await fetch(address, { signal: signal ?? null }).catch((cause) => {
      if (!(cause instanceof TypeError) || address.origin === location.origin) throw cause;
      // Browsers do not reveal which of the two reasons applies.
      throw new Error(
        `${address.host} cannot be reached, or does not let other sites read its files: ` +
          'it must send the header Access-Control-Allow-Origin',
        { cause },
      );
    });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    return joinAtMost(chunksOf(response.body!), mostBytes);
  };
