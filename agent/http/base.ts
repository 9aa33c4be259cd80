import { setFlagsFromString } from 'node:v8';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { ChecksumError, MissingFileError } from '../../models/manifests/load.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { message } from '../../workers/runtime/errors.ts';
import { InferenceFailedError, UnavailableError } from '../service/errors.ts';
import { Admission } from './admission.ts';

/** Time limits of a server; a test has shorter ones. */
export interface HttpLimits {
  /** A client that takes longer than this from a request's first byte to its last is cut off. */
  readonly receiveMs: number;
  /** Pause between two searches for such clients. */
  readonly lookMs: number;
  readonly keepAliveMs: number;
  /** How long a closing server waits for clients to read their answers. */
  readonly closeMs: number;
}

const LIMITS: HttpLimits = { receiveMs: 30_000, lookMs: 5000, keepAliveMs: 75_000, closeMs: 5000 };
const BAD_MODEL =
  'A model file of the plan is missing here, or is not the one of the manifest. Restore the file that the log of the agent names.';
/** Letters of a URL that errors and the log quote. */
const MOST_URL = 200;

/**
 * How much the heap may grow from one full garbage collection to the next. The bytes of requests lie outside the heap but
 * count as its growth: with V8's default a server with a small heap would mark all of it several times a second.
 */
const HEAP_GROWTH_PERCENT = 400;

/** The service behind a server, as far as every server needs it. */
export interface BaseService {
  /** Whether new requests are accepted. */
  readonly accepting: boolean;
  /** Writes a line to the log. */
  log(line: string): void;
}

/**
 * What every server of the agent has. Bodies are read as bytes, and their size is bounded, of each and of all together.
 * Clients that are slow to send are cut off. Errors are answered with their status; unforeseen ones are logged.
 */
export function baseApp(service: BaseService, limits: Partial<HttpLimits> = {}): FastifyInstance {
  const { receiveMs, lookMs, keepAliveMs } = { ...LIMITS, ...limits };
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const app = fastify({
    requestTimeout: receiveMs,
    // Node allows the longer of the two for the whole request, and its default for headers is longer than ours.
    http: { headersTimeout: receiveMs, connectionsCheckingInterval: lookMs },
    connectionTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
  });
  // Every body is read as bytes, whatever its content type says: the protocol's decoder finds out what it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  admitBySize(app);
  // A client that keeps its connection must open another one elsewhere before this server is gone.
  app.addHook('onSend', async (_request, reply) => {
    if (!service.accepting) reply.header('connection', 'close');
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.slice(0, MOST_URL)} here.` }),
  );
  app.setErrorHandler((error: FastifyError, { method, url }, reply) => {
    const badModel = error instanceof MissingFileError || error instanceof ChecksumError;
    const status = badModel ? 409 : statusOf(error);
    // The executor has logged why an item failed.
    if (badModel || (status === 500 && !(error instanceof InferenceFailedError)))
      service.log(`${method} ${url.slice(0, MOST_URL)} failed: ${message(error)} (${error.name})`);
    if (error instanceof UnavailableError) reply.header('retry-after', error.retryAfterS);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    // Only the log names the path of a model: clients need not know where files lie.
    return reply.code(status).send({ error: badModel ? BAD_MODEL : message(error) });
  });
  return app;
}

/** Errors of Fastify have a `statusCode`. */
function statusOf(error: FastifyError | CodedError): number {
  if (error instanceof CodedError) return error.httpStatus;
  return Math.min(error.statusCode ?? 500, 500);
}

/**
 * Closes a server that has answered everything. Connections that are still open after a while are cut: Node would wait for
 * ever for a client that does not read its answer, or that began a request and does not go on.
 */
export async function closeApp(app: FastifyInstance, limits: Partial<HttpLimits> = {}): Promise<void> {
  const { closeMs } = { ...LIMITS, ...limits };
  const cutOff = setTimeout(() => app.server.closeAllConnections(), closeMs);
  await app.close();
  clearTimeout(cutOff);
}

/** Refuses a body before it is read where memory is short, and where its size is not known. */
function admitBySize(app: FastifyInstance): void {
  const admission = new Admission();
  const admitted = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'POST' && request.method !== 'PUT') return;
    if (request.headers['content-encoding'] !== undefined)
      throw new HttpError(415, 'Compressed bodies are not accepted: send the body without content-encoding.');
    const length = request.headers['content-length'];
    if (length === undefined)
      throw new HttpError(411, 'The header content-length is missing: chunked bodies are not accepted.');
    const bytes = Number(length);
    if (!admission.enter(bytes))
      throw new UnavailableError('The requests that are being received fill the memory for them', 1);
    admitted.set(request, bytes);
  });
  const leave = async (request: FastifyRequest) => {
    admission.leave(admitted.get(request) ?? 0);
    admitted.delete(request);
  };
  app.addHook('onResponse', leave);
  app.addHook('onRequestAbort', leave);
}

/** A request is refused for its headers, with the status that HTTP has for that. */
class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly statusCode: number,
    text: string,
  ) {
    super(text);
  }
}
