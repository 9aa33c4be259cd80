import { BlockList, isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher, EnvHttpProxyAgent } from 'undici';
import { joinAtMost } from '../../models/manifests/at-most.ts';
import { jsonValue } from '../../solver/documents/document.ts';
import {
  AccessDeniedError,
  InvalidEndpointError,
  InvalidProxyError,
  NotOnHubError,
  RateLimitedError,
  TooManyBytesError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.ts';
import { limitEndsS, withinLimit } from './rate-limit.ts';
import { type Host, persist } from './resume.ts';

const HUB = 'https://huggingface.co';
const REDIRECTS_MAX = 8;
/** A connection that sends nothing for this long counts as cut. */
const SILENCE_MS = 60_000;

interface HubClientOptions {
  /** Reads `HF_ENDPOINT`, `HF_TOKEN` and, in upper or lower case, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Waits before a request is repeated. */
  readonly wait?: (seconds: number) => Promise<unknown>;
}

interface HubResponse {
  /** 200 (the whole file), 206 (the part that was asked for) or 416 (that part does not exist). */
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Dispatcher.ResponseData['body'];
}

/** Makes a {@link HubClientOptions.wait} that first tells the user how long it waits. */
export const announcedWait =
  (signal: AbortSignal | undefined, tell: (line: string) => void) =>
  (seconds: number): Promise<unknown> => {
    tell(`waiting for the hub: the next try comes in ${seconds} s`);
    return sleep(1000 * seconds, undefined, signal ? { signal } : {});
  };

/** Reads from a model hub and other hosts over HTTP. Only the hub's own origin gets the user's token. */
export class HubClient {
  /** The hub's address, which may have a path but ends without a slash. */
  readonly endpoint: string;
  readonly #token: string | undefined;
  /** The proxies that the environment names; undefined if it names none. */
  readonly #proxies: EnvHttpProxyAgent.Options | undefined;
  #proxy: Dispatcher | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #wait: (seconds: number) => Promise<unknown>;

  /** @throws InvalidEndpointError, InvalidProxyError */
  constructor({ env = process.env, signal, wait }: HubClientOptions) {
    this.endpoint = (env.HF_ENDPOINT?.trim() || HUB).replace(/\/+$/, '');
    if (!/^https?:\/\//.test(this.endpoint) || !URL.canParse(this.endpoint))
      throw new InvalidEndpointError(this.endpoint);
    this.#token = env.HF_TOKEN?.trim() || undefined;
    this.#proxies = proxiesOf(env);
    this.#signal = signal;
    this.#wait = wait ?? announcedWait(signal, () => {});
  }

  /**
   * Requests a file and follows redirects. After a 429, it waits as long as the host asks, and requests the file again.
   * @param from the first byte that is wanted
   * @throws NotOnHubError, AccessDeniedError, RateLimitedError, UnreachableError, UnexpectedAnswerError
   */
  async get(url: string, from = 0): Promise<HubResponse> {
    let at = url;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const { statusCode: status, headers, body } = await this.#withinLimit(at, from);
      if (status === 200 || status === 206 || status === 416) return { status, headers, body };
      await body.dump().catch(() => {});
      const location = headers.location;
      if (status >= 300 && status < 400 && typeof location === 'string') at = redirected(at, location);
      else if (status === 429)
        throw new RateLimitedError(
          shown(at),
          limitEndsS((name) => headers[name]),
        );
      else if (status === 401 || status === 403)
        throw new AccessDeniedError(shown(at), status, this.#tokenFor(at) !== undefined);
      else if (status === 404 || status === 410) throw new NotOnHubError(url);
      else if (status >= 500) throw new UnreachableError(shown(at), `it answers ${status}`);
      else throw new UnexpectedAnswerError(shown(at), `status ${status}`);
    }
    throw new UnexpectedAnswerError(url, `more than ${REDIRECTS_MAX} redirects`);
  }

  /**
   * Reads a small file whole.
   * @throws TooManyBytesError, and the errors of {@link get}
   */
  bytes(url: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return persist(this.host, async () => {
      const { status, body } = await this.get(url);
      if (status !== 200) throw new UnexpectedAnswerError(url, `status ${status}`);
      return joinAtMost(this.#chunks(url, body), mostBytes, () => new TooManyBytesError(url, mostBytes));
    });
  }

  /** @throws InvalidDocumentError, and the errors of {@link bytes} */
  async json(url: string, mostBytes: number): Promise<unknown> {
    return jsonValue(new TextDecoder().decode(await this.bytes(url, mostBytes)), url);
  }

  /** The chunks of a body. @throws UnreachableError if the connection is cut */
  async *#chunks(
    url: string,
    body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      yield* body;
    } catch (cause) {
      throw this.#failure(url, cause);
    }
  }

  /** The host through which {@link resume} and {@link persist} read. */
  readonly host: Host = {
    get: async (url, from) => {
      const { status, headers, body } = await this.get(url, from);
      const length = Number(headers['content-length'] ?? Number.NaN);
      return {
        status,
        contentRange: String(headers['content-range'] ?? ''),
        contentLength: Number.isFinite(length) ? length : null,
        chunks: this.#chunks(url, body),
        cancel: () => body.dump().catch(() => {}),
      };
    },
    isCut: (error) => error instanceof UnreachableError,
    pause: (seconds) => this.#pause(seconds),
  };

  async #pause(seconds: number): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#wait(seconds).catch((error) => {
      this.#signal?.throwIfAborted();
      throw error;
    });
  }

  #withinLimit(url: string, from: number): Promise<Dispatcher.ResponseData> {
    return withinLimit(() => this.#once(url, from), {
      waitS: ({ statusCode, headers }) => (statusCode === 429 ? limitEndsS((name) => headers[name]) : null),
      discard: ({ body }) => body.dump().catch(() => {}),
      pause: (seconds) => this.#pause(seconds),
    });
  }

  async #once(url: string, from: number): Promise<Dispatcher.ResponseData> {
    // The import is dynamic, because most processes never read from a hub, and it takes a tenth of a second of a core.
    const { EnvHttpProxyAgent, request } = await import('undici');
    if (this.#proxies) this.#proxy ??= new EnvHttpProxyAgent(this.#proxies);
    const token = this.#tokenFor(url);
    return request(url, {
      headers: {
        ...(from > 0 && { range: `bytes=${from}-` }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
      signal: this.#signal ?? null,
      ...(this.#proxy && { dispatcher: this.#proxy }),
    }).catch((cause) => {
      throw this.#failure(url, cause);
    });
  }

  #tokenFor(url: string): string | undefined {
    return new URL(url).origin === new URL(this.endpoint).origin ? this.#token : undefined;
  }

  #failure(url: string, cause: unknown): unknown {
    if (this.#signal?.aborted) return this.#signal.reason;
    const { code, message } = cause as NodeJS.ErrnoException;
    return new UnreachableError(shown(url), code ?? message, { cause });
  }
}

/** The proxies that the environment names. @throws InvalidProxyError */
function proxiesOf(env: NodeJS.ProcessEnv): EnvHttpProxyAgent.Options | undefined {
  const read = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => {
    const proxy = read(name);
    if (proxy && !(/^https?:\/\//.test(proxy) && URL.canParse(proxy))) throw new InvalidProxyError(name);
    return proxy;
  }) as [string, string];
  if (!http && !https) return undefined;
  return { httpProxy: http, httpsProxy: https, noProxy: read('NO_PROXY') };
}

/** A URL without its query, for messages: the query of a redirect may hold a signature that lets anyone read the file. */
const shown = (url: string): string => url.replace(/[?#].*$/s, '');

/** Addresses of this machine, and link-local ones, at which services such as a cloud's metadata server trust every caller. */
const LOCAL = new BlockList();
LOCAL.addSubnet('0.0.0.0', 8);
LOCAL.addSubnet('127.0.0.0', 8);
LOCAL.addSubnet('169.254.0.0', 16);
LOCAL.addAddress('::', 'ipv6');
LOCAL.addAddress('::1', 'ipv6');
LOCAL.addSubnet('fe80::', 10, 'ipv6');

/** Whether a URL names a local address. Names other than `localhost` are not resolved: their owners may change the address. */
function isLocal({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  return family === 0 ? /(^|\.)localhost\.?$/.test(host) : LOCAL.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * The target of a redirect.
 * @throws UnexpectedAnswerError if it leads away from HTTP, from HTTPS to HTTP, or from a remote to a local address
 */
function redirected(from: string, location: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : null;
  const allowed = from.startsWith('https:') ? ['https:'] : ['http:', 'https:'];
  if (!to || !allowed.includes(to.protocol) || (isLocal(to) && !isLocal(new URL(from))))
    throw new UnexpectedAnswerError(shown(from), `a redirect to ${shown(location).slice(0, 100)}`);
  return to.href;
}
