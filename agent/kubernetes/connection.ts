import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { apiError, ClusterUnreachableError } from './errors.ts';

/** Adds to a request what the cluster authenticates by. @throws NoClusterError */
export type Authorise = (options: RequestOptions) => Promise<RequestOptions>;

export interface Connection {
  /** Without a slash at its end. */
  readonly server: string;
  readonly authorise: Authorise;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Names the object in errors. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** Without a word from the server for so long, it is taken to be gone. */
const SILENT_MS = 10_000;

/** The whole text that is answered. @throws ApiError and its kinds, ClusterUnreachableError */
export async function ask(connection: Connection, asked: Asked): Promise<string> {
  const response = await send(connection, asked, SILENT_MS);
  return textOf(connection, response);
}

/**
 * The lines of an answer as they come. It ends when the server ends it; a signal that aborts ends it too.
 * @param silentMs the server speaks at least so often
 * @throws ApiError and its kinds, ClusterUnreachableError
 */
export async function* lines(connection: Connection, asked: Asked, silentMs: number): AsyncGenerator<string> {
  const response = await send(connection, asked, silentMs);
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY }))
      yield line;
    // A body that was cut off ends its lines without an error.
    if (!response.complete && !asked.signal?.aborted)
      throw new ClusterUnreachableError(connection.server, new Error('the connection was cut off'));
  } finally {
    response.destroy();
  }
}

async function send(connection: Connection, asked: Asked, silentMs: number): Promise<IncomingMessage> {
  const { server, authorise } = connection;
  const { method, path, body, contentType = 'application/json', what, signal } = asked;
  const url = new URL(server + path);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options = await authorise({
    method,
    headers: {
      accept: 'application/json, */*;q=0.8',
      ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    },
    ...(signal && { signal }),
    timeout: silentMs,
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // A server without TLS, as a proxy on this machine is, gets no agent for TLS; and none that keeps connections, which
    // may be cut when they are used again.
    const outgoing =
      url.protocol === 'http:'
        ? httpRequest(url, { ...options, agent: false }, resolve)
        : httpsRequest(url, options, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${silentMs / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.end(text);
  }).catch((cause) => {
    throw new ClusterUnreachableError(server, cause);
  });
  // Told by whoever reads.
  response.on('error', () => {});
  if (response.statusCode! >= 200 && response.statusCode! < 300) return response;
  throw apiError(response.statusCode!, await textOf(connection, response), what);
}

async function textOf({ server }: Connection, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk);
  } catch (cause) {
    throw new ClusterUnreachableError(server, cause);
  }
  return Buffer.concat(chunks).toString();
}
