import { setFlagsFromString } from 'node:v8';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { ChecksumError, MissingFileError } from '../../models/manifests/load.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { message } from '../../workers/runtime/errors.ts';
import { InferenceFailedError, UnavailableError } from '../service/errors.ts';

/** Time limits of the HTTP server; tests set shorter ones. */
export interface HttpLimits {
  /** A connection is cut if a request takes longer than this from its first byte to its last. */
  readonly receiveMs: number;
  /** Milliseconds between two searches for connections that exceed `receiveMs`. */
  readonly checkMs: number;
  readonly keepAliveMs: number;
}

const LIMITS: HttpLimits = { receiveMs: 30_000, checkMs: 5000, keepAliveMs: 75_000 };
const BAD_MODEL =
  'A model file of the plan is missing here, or is not the one of the manifest. Restore the file that the log of the agent names.';
/** The bodies in memory have at most this many bytes together, so that many connections cannot fill the memory. */
const MOST_BYTES = 256 * 2 ** 20;
/** Errors and the log quote at most this many characters of a URL. */
const MOST_URL = 200;

/**
 * Growth of the heap, in percent, at which V8 starts a full garbage collection. V8 counts request bodies as growth although
 * they lie outside the heap: with its default a server with a small heap would collect several times a second.
 */
const HEAP_GROWTH_PERCENT = 400;

/** What every HTTP server needs of the service behind it. */
export interface BaseService {
  /** False while the service shuts down. */
  readonly accepting: boolean;
  /** Writes a line to the log. */
  log(line: string): void;
}

/**
 * Makes the part that all HTTP servers of the agent share. It reads bodies as bytes, limits the size of each and of all
 * together, cuts off clients that are slow to send, answers errors with their status, and logs unforeseen errors.
 */
export function baseApp(service: BaseService, limits: Partial<HttpLimits> = {}): FastifyInstance {
  const { receiveMs, checkMs, keepAliveMs } = { ...LIMITS, ...limits };
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const app = fastify({
    requestTimeout: receiveMs,
    // Node limits a whole request by the longer of both timeouts, and its default for headers is longer than `receiveMs`.
    http: { headersTimeout: receiveMs, connectionsCheckingInterval: checkMs },
    connectionTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
  });
  // Reads every body as bytes, whatever its content type: the protocol's decoder interprets them.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  admitBySize(app);
  // While the service shuts down, a client must not keep its connection, but open one to another server.
  app.addHook('onSend', async (_request, reply) => {
    if (!service.accepting) reply.header('connection', 'close');
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.slice(0, MOST_URL)} here.` }),
  );
  app.setErrorHandler((error: FastifyError, { method, url }, reply) => {
    const badModel = error instanceof MissingFileError || error instanceof ChecksumError;
    const status = badModel ? 409 : statusOf(error);
    // Inference failures are not logged here, because the executor has logged them.
    if (badModel || (status === 500 && !(error instanceof InferenceFailedError)))
      service.log(`${method} ${url.slice(0, MOST_URL)} failed: ${message(error)} (${error.name})`);
    if (error instanceof UnavailableError) reply.header('retry-after', error.retryAfterS);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    // Only the log has the path of a model file, because clients must not learn where files are.
    return reply.code(status).send({ error: badModel ? BAD_MODEL : message(error) });
  });
  return app;
}

/** HTTP status of an error. Fastify's own errors have a `statusCode`. */
function statusOf(error: FastifyError | CodedError): number {
  if (error instanceof CodedError) return error.httpStatus;
  return Math.min(error.statusCode ?? 500, 500);
}

/** Refuses a body before it is read, if memory is short or the body's size is unknown. */
function admitBySize(app: FastifyInstance): void {
  let admittedBytes = 0;
  const admitted = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'POST' && request.method !== 'PUT') return;
    if (request.headers['content-encoding'] !== undefined)
      throw new HttpError(415, 'Compressed bodies are not accepted: send the body without content-encoding.');
    const length = request.headers['content-length'];
    if (length === undefined)
      throw new HttpError(411, 'The header content-length is missing: chunked bodies are not accepted.');
    const bytes = Number(length);
    // A single body is always admitted.
    if (admittedBytes > 0 && admittedBytes + bytes > MOST_BYTES)
      throw new UnavailableError('The requests that are being received fill the memory for them', 1);
    admittedBytes += bytes;
    admitted.set(request, bytes);
  });
  const leave = async (request: FastifyRequest) => {
    admittedBytes -= admitted.get(request) ?? 0;
    admitted.delete(request);
  };
  app.addHook('onResponse', leave);
  app.addHook('onRequestAbort', leave);
}

/** A request whose headers are refused, with the HTTP status for the response. */
class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly statusCode: number,
    text: string,
  ) {
    super(text);
  }
}
