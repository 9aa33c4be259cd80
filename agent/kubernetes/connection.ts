import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { sleep } from '../../workers/executor/clock.ts';
import { AnswerTooLongError, apiError, ClusterUnreachableError } from './errors.ts';

/** Adds credentials to a request. @throws NoClusterError */
export type Authorise = (options: RequestOptions) => Promise<RequestOptions>;

export interface Connection {
  /** URL without a slash at its end. */
  readonly server: string;
  readonly authorise: Authorise;
  /** Namespace of the kubeconfig's context, or of the pod that runs this process; absent if neither names one. */
  readonly namespace?: string | undefined;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Name of the requested object in error messages. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** The most characters of the answer; default: {@link ANSWER_LETTERS_MAX}. */
  readonly lettersMax?: number;
}

/**
 * The most characters that are read of an answer and of a line, so that no pod whose log or metrics are read can fill this
 * process's memory. The longest line is a profile in a log, the longest answer a list of all pods.
 */
const ANSWER_LETTERS_MAX = 256 * 2 ** 20;
export const LINE_LETTERS_MAX = 64 * 2 ** 20;

/** Milliseconds without data after which the API server counts as unreachable. */
const SILENT_MS = 10_000;
/** The same for a change: each of its admission webhooks may take 30 s, and the API server gives a change up after 34 s. */
const CHANGE_SILENT_MS = 35_000;
/** A request is sent this many times at most if the API server has too many requests and says when to come again. */
const TRIES_MAX = 5;
/** The most seconds until a request is sent again. */
const RETRY_AFTER_S_MAX = 10;

/**
 * Sends a request and returns the body of the response.
 * @throws ApiError and its subclasses, ClusterUnreachableError, NoClusterError
 */
export async function call(connection: Connection, request: ApiRequest): Promise<string> {
  const silentMs = request.method === 'GET' ? SILENT_MS : CHANGE_SILENT_MS;
  const response = await send(connection, request, silentMs);
  return textOf(connection, request, response);
}

/**
 * Sends a request and returns each line of the response as it comes, until the server ends it or the request's signal aborts.
 * @param silentMs milliseconds without data after which the API server counts as unreachable
 * @throws ApiError and its subclasses, ClusterUnreachableError, NoClusterError
 */
export async function* lines(
  connection: Connection,
  request: ApiRequest,
  silentMs: number,
): AsyncGenerator<string> {
  const response = await send(connection, request, silentMs);
  try {
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const [first, ...others] = (chunk as string).split('\n');
      rest += first;
      for (const other of others) {
        yield rest.replace(/\r$/, '');
        rest = other;
      }
      if (rest.length > LINE_LETTERS_MAX)
        throw new AnswerTooLongError(`a line of ${request.what}`, LINE_LETTERS_MAX);
    }
    if (rest) yield rest;
  } catch (cause) {
    if (request.signal?.aborted || cause instanceof AnswerTooLongError) throw cause;
    throw new ClusterUnreachableError(connection.server, cause);
  } finally {
    response.destroy();
  }
}

async function send(connection: Connection, request: ApiRequest, silentMs: number): Promise<IncomingMessage> {
  const { what, signal } = request;
  for (let tries = 1; ; tries++) {
    const response = await sendOnce(connection, request, silentMs);
    const { statusCode, headers } = response;
    if (statusCode! >= 200 && statusCode! < 300) return response;
    const error = apiError(statusCode!, await textOf(connection, request, response), what);
    const retryAfterS = Number(headers['retry-after'] ?? Number.NaN);
    if (statusCode !== 429 || !(retryAfterS <= RETRY_AFTER_S_MAX) || tries === TRIES_MAX) throw error;
    await sleep(1000 * retryAfterS, signal);
  }
}

async function sendOnce(
  { server, authorise }: Connection,
  { method, path, body, contentType = 'application/json', signal }: ApiRequest,
  silentMs: number,
): Promise<IncomingMessage> {
  const url = new URL(server + path);
  const json = body === undefined ? undefined : JSON.stringify(body);
  const options = await authorise({
    method,
    headers: {
      accept: 'application/json, */*;q=0.8',
      ...(json !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(json) }),
    },
    ...(signal && { signal }),
    timeout: silentMs,
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // The options' agent is for TLS and fails on a server without TLS, such as `kubectl proxy`. A new connection per request
    // avoids sending on one that was just cut.
    const outgoing =
      url.protocol === 'http:'
        ? httpRequest(url, { ...options, agent: false }, resolve)
        : httpsRequest(url, options, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${silentMs / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.end(json);
  }).catch((cause) => {
    throw new ClusterUnreachableError(server, signal?.aborted ? signal.reason : cause);
  });
  // The reader of the body gets this error. Without a listener here, the error would also end the process.
  response.on('error', () => {});
  return response;
}

async function textOf(
  { server }: Connection,
  { what, signal, lettersMax = ANSWER_LETTERS_MAX }: ApiRequest,
  response: IncomingMessage,
): Promise<string> {
  try {
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > lettersMax) throw new AnswerTooLongError(what, lettersMax);
    }
    return text;
  } catch (cause) {
    if (cause instanceof AnswerTooLongError) throw cause;
    throw new ClusterUnreachableError(server, signal?.aborted ? signal.reason : cause);
  }
}
