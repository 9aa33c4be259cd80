import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { sleep } from '../../workers/executor/clock.ts';
import { apiError, ClusterUnreachableError } from './errors.ts';

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
}

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
  return textOf(connection, response);
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
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY }))
      yield line;
    // `readline` does not promise to throw if the body is cut off.
    if (!response.complete && !request.signal?.aborted) throw new Error('the connection was cut off');
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
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
    const error = apiError(statusCode!, await textOf(connection, response), what);
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
    throw new ClusterUnreachableError(server, cause);
  });
  // The reader of the body gets this error. Without a listener here, the error would also end the process.
  response.on('error', () => {});
  return response;
}

const textOf = ({ server }: Connection, response: IncomingMessage): Promise<string> =>
  text(response).catch((cause) => {
    throw new ClusterUnreachableError(server, cause);
  });
