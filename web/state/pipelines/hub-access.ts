import type { HubReader } from '../../../models/hub/describe.ts';
import { AmbiguousTaskError, StageMismatchError } from '../../../models/hub/errors.ts';
import { unreadableText } from '../../../models/manifests/file-problem.ts';
import { fileFetcher, RefusedFileError, type WaitFor } from '../../../workers/environment/fetch-file.ts';
import { DownloadError } from '../../../workers/store/downloads.ts';

/** Reads model hubs, and explains failures to the user. */

/** A file or a model's description cannot be read from a hub. */
class HubUnreadableError extends Error {
  override name = 'HubUnreadableError';
  constructor(url: string, remedy: string, options: ErrorOptions & { cause: Error }) {
    const { cause } = options;
    super(
      `${unreadableText(url, cause instanceof DownloadError ? cause.reason : cause)}. ${remedy}`,
      options,
    );
  }
}

/** A model cannot become a variant with the values of the form. */
class HubFormError extends Error {
  override name = 'HubFormError';
}

export interface HubAccess {
  /** The hub's URL. A token is sent only to its origin. */
  readonly endpoint: string;
  /** An access token, which is sent only to that hub and never stored; undefined to send none. */
  readonly token: string | undefined;
}

/** Makes a function that gives the request headers for an address: the token, if the address is on the hub; else none. */
export const headersOf =
  ({ endpoint, token }: HubAccess) =>
  (address: URL): Record<string, string> =>
    token !== undefined && address.origin === new URL(endpoint).origin
      ? { authorization: `Bearer ${token}` }
      : {};

function remedyFor(status: number | undefined, token: string | undefined): string {
  if (status === 429) return 'It allows no more requests for now. Add the model again in some minutes.';
  if (status === 404) return "Check the model's id, its revision and the hub's address.";
  if (status !== 401 && status !== 403) return "Check the network and the hub's address.";
  return token === undefined
    ? 'It is private or gated, or there is no such model. Accept its conditions on its page, and give a token of that account under "Access token".'
    : 'The token may not read it: accept its conditions on its page with the account of that token, or give another token.';
}

/** Makes a reader of a hub's small files, which throws HubUnreadableError or, after an abort, the signal's reason. */
export function hubReader(access: HubAccess, signal: AbortSignal, wait: WaitFor): HubReader {
  const read = fileFetcher(signal, headersOf(access), wait);
  return {
    endpoint: access.endpoint,
    async bytes(url, mostBytes) {
      try {
        return new Uint8Array(await read(url, mostBytes));
      } catch (cause) {
        signal.throwIfAborted();
        throw unreadable(url, access, cause as Error);
      }
    },
  };
}

function unreadable(url: string, { token }: HubAccess, cause: Error): HubUnreadableError {
  const status =
    cause instanceof RefusedFileError || cause instanceof DownloadError ? cause.status : undefined;
  return new HubUnreadableError(url, remedyFor(status, token), { cause });
}

/**
 * Rewords errors whose remedy is in the form, and refusals of a download. Any other error stays as it is. So does a failure of the
 * host (status 500 or more), because the download goes on when the user adds the model again.
 */
export function inFormWords(error: unknown, access: HubAccess): unknown {
  if (error instanceof AmbiguousTaskError)
    return new HubFormError(
      `${error.problem}. Choose the task under "Task". If the model's page puts a prefix before texts, write it under "Prefix".`,
      { cause: error },
    );
  if (error instanceof StageMismatchError)
    return new HubFormError(`${error.problem}. Choose another stage or a new pipeline under "Add as".`, {
      cause: error,
    });
  if (error instanceof DownloadError && error.status !== undefined && error.status < 500)
    return unreadable(error.url, access, error);
  return error;
}
