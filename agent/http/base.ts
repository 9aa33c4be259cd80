import { setFlagsFromString } from 'node:v8';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { message } from '../../workers/runtime/errors.ts';
import { InferenceFailedError, UnavailableError } from '../service/errors.ts';
import { Admission } from './admission.ts';

/** Time limits of a server; a test has shorter ones. */
export interface HttpLimits {
  /** From a request's first byte to its last: a client that takes longer is cut off. */
  readonly receiveMs: number;
  /** Between two searches for such clients. */
  readonly lookMs: number;
  readonly keepAliveMs: number;
}

const LIMITS: HttpLimits = { receiveMs: 30_000, lookMs: 5000, keepAliveMs: 75_000 };
/** For answers to be read, once there is nothing else to wait for. */
const LEAVE_MS = 5000;
/** Letters of a URL that are told. */
const MOST_URL = 200;

/**
 * How much the heap may grow from one full collection to the next. Requests are bytes that lie outside of it and count as its
 * growth: by V8's own rule a server whose heap is small marks all of it several times a second.
 */
const HEAP_GROWTH_PERCENT = 400;

/** What is served, as far as every server asks. */
export interface Served {
  /** Whether requests are let in. */
  readonly accepting: boolean;
  /** For the log. */
  tell(what: string): void;
}

/**
 * What every server of the agent has: bodies are read as bytes and bounded, each and all together; whoever is slow to send
 * is cut off; errors become statuses, and those that nobody foresaw are told.
 */
export function baseApp(served: Served, limits: Partial<HttpLimits> = {}): FastifyInstance {
  const { receiveMs, lookMs, keepAliveMs } = { ...LIMITS, ...limits };
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const app = fastify({
    requestTimeout: receiveMs,
    // Node takes the longer of the two for the whole request, and its own default for headers is longer.
    http: { headersTimeout: receiveMs, connectionsCheckingInterval: lookMs },
    connectionTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
  });
  // Every body is read as bytes, whatever it is called: the codec says what it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  admitBySize(app);
  // Whoever keeps a connection goes elsewhere before the server is gone.
  app.addHook('onSend', async (_request, reply) => {
    if (!served.accepting) reply.header('connection', 'close');
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.slice(0, MOST_URL)} here.` }),
  );
  app.setErrorHandler((error: FastifyError, { method, url }, reply) => {
    const status = statusOf(error);
    // Of an item that failed the executor has told.
    if (status === 500 && !(error instanceof InferenceFailedError))
      served.tell(`${method} ${url.slice(0, MOST_URL)} failed: ${message(error)} (${error.name})`);
    if (error instanceof UnavailableError) reply.header('retry-after', error.retryAfterS);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).send({ error: message(error) });
  });
  return app;
}

/** Errors of Fastify have a `statusCode`. */
function statusOf(error: FastifyError | CodedError): number {
  if (error instanceof CodedError) return error.httpStatus;
  return Math.min(error.statusCode ?? 500, 500);
}

/**
 * Ends a server that has nothing left to answer. Whoever has not read its answer soon is cut off, and so is whoever has
 * opened a connection or begun a request and never goes on: Node waits for them for ever.
 */
export async function closeApp(app: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), LEAVE_MS);
  await app.close();
  clearTimeout(cutOff);
}

function admitBySize(app: FastifyInstance): void {
  const admission = new Admission();
  const held = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'POST' && request.method !== 'PUT') return;
    if (request.headers['content-encoding'] !== undefined)
      throw new HttpError(415, 'A body that is compressed is not read here.');
    const length = request.headers['content-length'];
    if (length === undefined) throw new HttpError(411, 'The header content-length is missing.');
    const bytes = Number(length);
    if (!admission.enter(bytes))
      throw new UnavailableError('The requests that are being read fill the memory they may take', 1);
    held.set(request, bytes);
  });
  const leave = async (request: FastifyRequest) => {
    admission.leave(held.get(request) ?? 0);
    held.delete(request);
  };
  app.addHook('onResponse', leave);
  app.addHook('onRequestAbort', leave);
}

/** A request that HTTP itself has a status for. */
class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly statusCode: number,
    text: string,
  ) {
    super(text);
  }
}
