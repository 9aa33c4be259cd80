import { fileProblem } from '../../models/manifests/file-problem.ts';
import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** The environment variable `HF_ENDPOINT` does not hold the address of a host. */
export class InvalidEndpointError extends InputError {
  override name = 'InvalidEndpointError';
  constructor(endpoint: string) {
    super(
      `HF_ENDPOINT is ${JSON.stringify(endpoint)}, which is no address. Set it to one like https://huggingface.co.`,
    );
  }
}

/** A proxy's environment variable does not hold the address of a proxy. */
export class InvalidProxyError extends InputError {
  override name = 'InvalidProxyError';
  constructor(variable: string) {
    // The value is left out, because it may hold a password.
    super(
      `${variable} holds no address of a proxy. Set it to one like http://proxy.example:3128, or unset it.`,
    );
  }
}

/** The host has no file at an address. */
export class NotOnHubError extends InputError {
  override name = 'NotOnHubError';
  constructor(url: string) {
    super(`${url} does not exist (404). Check the model's id, its revision, and HF_ENDPOINT if it is set.`);
  }
}

/** A host does not let this user read a file. */
export class AccessDeniedError extends InputError {
  override name = 'AccessDeniedError';
  constructor(url: string, status: number, withToken: boolean) {
    const remedy = withToken
      ? 'The token in HF_TOKEN may not read it: accept its conditions on its page with the account of that token, or give another token.'
      : 'It is private or gated, or there is no such model. Accept its conditions on its page, and put a token of that account into HF_TOKEN.';
    super(`${url} cannot be read (${status}). ${remedy}`);
  }
}

/** The host's rate limit for one user is reached. */
export class RateLimitedError extends CodedError {
  override name = 'RateLimitedError';
  constructor(url: string, waitS: number) {
    super(
      `${new URL(url).host} allows no more requests for ${Math.ceil(waitS)} s (429). Run the same command again after that: ` +
        'a download goes on where it stopped. With a token in HF_TOKEN the limits are higher.',
    );
  }
}

/** The connection failed or was cut, or the host answered that it has failed. */
export class UnreachableError extends CodedError {
  override name = 'UnreachableError';
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(
      `${url} cannot be reached (${reason}). Check the network, or name a mirror in HF_ENDPOINT, then run the same command ` +
        'again: a download goes on where it stopped.',
      options,
    );
  }
}

/** The host's answer cannot carry the file, e.g. because of its status, its byte range or its redirect. */
export class UnexpectedAnswerError extends CodedError {
  override name = 'UnexpectedAnswerError';
  constructor(url: string, what: string) {
    super(
      `${url} answers with ${what}, not with a file. Check HF_ENDPOINT, and that no proxy or portal answers instead.`,
    );
  }
}

/** A host sends more bytes than are expected of the file. */
export class TooManyBytesError extends InputError {
  override name = 'TooManyBytesError';
  constructor(url: string, mostBytes: number) {
    super(
      `${url} sends more than the ${mostBytes} bytes that are expected. Pin the model again, if its file was replaced.`,
    );
  }
}

/** No environment variable or user account says where downloaded files are kept. */
export class CacheUnknownError extends InputError {
  override name = 'CacheUnknownError';
  constructor() {
    super(
      'There is no folder for downloaded files, because this user has no home folder. Name a folder that can be written in XDG_CACHE_HOME.',
    );
  }
}

/** The folder that keeps downloaded files cannot be used. */
export class CacheUnavailableError extends InputError {
  override name = 'CacheUnavailableError';
  constructor(folder: string, options: ErrorOptions) {
    super(
      `${folder}, where downloaded files are kept, cannot be used: ${fileProblem(options.cause)}. ` +
        'Name a folder that can be written in XDG_CACHE_HOME.',
      options,
    );
  }
}
