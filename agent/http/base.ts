import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { ChecksumError, MissingFileError } from '../../models/manifests/load.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { message } from '../../workers/runtime/errors.ts';
import { HERE_BYTES_MAX } from '../oip/decoder/decoder.ts';
import { InferenceFailedError, UnavailableError } from '../service/errors.ts';
import { arrivedMs } from './arrival.ts';
import { readBody } from './body.ts';
import { BodyMemory, type HeldBody, type MemoryLimits } from './body-memory.ts';
import { type Door, serverWithDoor } from './door.ts';
import { HttpError } from './errors.ts';
import { checkContentType, checkHost } from './foreign-pages.ts';
import {
  answerWithoutRoute,
  badUrlText,
  NAME_LETTERS_MAX,
  shortUrl,
  unreadableAnswer,
} from './outside-routes.ts';
import { Pace, type PaceLimits } from './pace.ts';
import { unreadAnswers } from './unread.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** When the request arrived, in `performance.now()`. */
    arrivalMs: number;
    /** The request's share of the memory for bodies; null without a body, and until the body is read. */
    heldBody: HeldBody | null;
  }
}

export interface HttpLimits {
  /**
   * The server answers 408 to a request that takes longer than this from its first byte to its last, and cuts its connection. It
   * also cuts off a client that reads nothing of its answer for twice this time.
   */
  readonly receiveMs: number;
  /** Milliseconds between two searches for connections that exceed `receiveMs`. */
  readonly checkMs: number;
  readonly keepAliveMs: number;
  readonly memory: MemoryLimits;
  /** How fast one address gets answers to requests that were not read to the end. */
  readonly unread: PaceLimits;
  /** How fast one address gets answers to long bodies that are invalid. */
  readonly invalid: PaceLimits;
  /** Names by which clients may reach the server, besides addresses and loopback names; absent: any. */
  readonly names?: readonly string[] | undefined;
}

const MIB = 2 ** 20;
const LIMITS: HttpLimits = {
  receiveMs: 30_000,
  checkMs: 5000,
  keepAliveMs: 75_000,
  memory: { total: 64 * MIB, perAddress: 48 * MIB, perConnection: 32 * MIB },
  unread: { intervalMs: 20, waitMsMax: 5000 },
  invalid: { intervalMs: 100, waitMsMax: 5000 },
};
const BAD_MODEL =
  'A model file of the plan is missing here, or is not the one of the manifest. Restore the file that the log of the agent names.';
/** If the server answers before a body has arrived, and the whole body is longer than this, the server does not read the rest. */
const UNREAD_BYTES_MAX = 256 * 1024;
/**
 * Growth of the heap, in percent, at which V8 starts a full garbage collection. V8 counts request bodies as growth although
 * the bodies lie outside the heap: with V8's default, a server with a small heap would collect several times a second.
 */
const HEAP_GROWTH_PERCENT = 200;

/** The part of a service that every HTTP server of the agent needs. */
interface BaseService {
  log(line: string): void;
}

/**
 * Creates the server without routes that all HTTP servers of the agent start from. It records when requests arrive, refuses
 * requests that pages of other sites may send, reads bodies as bytes, limits the size of each body and of all together, cuts off
 * clients that are slow to send, answers errors with their status, and logs unforeseen errors.
 * @param door refuses requests before any route sees them; default: it refuses none
 */
export function baseApp(
  service: BaseService,
  limits: Partial<HttpLimits> = {},
  door: Door = () => undefined,
): FastifyInstance {
  const { receiveMs, checkMs, keepAliveMs, memory, unread, invalid, names } = { ...LIMITS, ...limits };
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const options = {
    requestTimeout: receiveMs,
    // Node's default for the headers is at most 60 s, even if `receiveMs` is longer.
    headersTimeout: receiveMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: keepAliveMs,
  };
  const answerUnread = unreadAnswers(unread);
  /** Sends an error's answer. Does not read the rest of a long body. */
  const answer: Answer = (request, reply, text) => {
    if (!isUnread(request)) return reply.send(text);
    request.heldBody?.leave();
    return answerUnread(request, reply, text);
  };
  const app = fastify({
    serverFactory: (handler) =>
      // Twice the time, so that the server answers a client that is slow to send before the door cuts off that client.
      serverWithDoor(options, handler, door, UNREAD_BYTES_MAX, 2 * receiveMs),
    routerOptions: { maxParamLength: NAME_LETTERS_MAX },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      answer(request, reply.code(error.statusCode ?? 400), { error: badUrlText(error) }),
    clientErrorHandler: unreadableAnswer(receiveMs),
    forceCloseConnections: 'idle',
    // A hook starts the process that decodes bodies, which on a busy machine may take longer than Fastify's limit of 10 s.
    pluginTimeout: 0,
    // The routes themselves refuse requests while the server closes. Fastify's own refusal would have another form.
    return503OnClosing: false,
  });
  app.decorateRequest('arrivalMs', 0);
  app.decorateRequest('heldBody', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.arrivalMs = arrivedMs();
    if (names) checkHost(request.headers, names);
    checkBody(request);
    done();
  });
  readBodies(app, new BodyMemory(memory));
  app.addHook('onSend', (request, _reply, payload, done) => {
    // The request's memory is given back here and not in `onResponse`, which Fastify does not call if the client has gone.
    request.heldBody?.leave();
    done(null, payload);
  });
  answerWithoutRoute(app);
  app.setErrorHandler(errorHandler(service, new Pace(invalid), answer));
  return app;
}

type Answer = (request: FastifyRequest, reply: FastifyReply, text: object) => FastifyReply;

/**
 * Makes the handler that answers errors with their status, and logs unforeseen ones.
 * @param pace how fast one address gets answers to long bodies that are invalid
 */
const errorHandler =
  (service: BaseService, pace: Pace, answer: Answer) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const badModel = error instanceof MissingFileError || error instanceof ChecksumError;
    const status = badModel ? 409 : statusOf(error);
    // Inference failures are not logged here, because the executor has logged them.
    if (badModel || (status === 500 && !(error instanceof InferenceFailedError)))
      service.log(`${request.method} ${shortUrl(request)} failed: ${message(error)} (${error.name})`);
    if (error instanceof UnavailableError) reply.header('retry-after', error.retryAfterS);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    // Only the log has the path of a model file, because clients must not learn where files are.
    const text = { error: badModel ? BAD_MODEL : message(error) };
    reply.code(status);
    // The server takes about as long to read and parse a long body as to run a request's models, so it slows down clients that
    // send invalid long bodies.
    if (status === 400 && lengthOf(request) > HERE_BYTES_MAX && !isUnread(request)) {
      request.heldBody?.leave();
      request.body = undefined;
      const waitMs = pace.waitMs(request.ip, performance.now());
      if (waitMs > 0) letGo(request.raw.socket);
      return delay(waitMs, text, { ref: false });
    }
    return answer(request, reply, text);
  };

/** HTTP status of an error. Fastify's own errors have a `statusCode`. */
function statusOf(error: FastifyError | CodedError): number {
  if (error instanceof CodedError) return error.httpStatus;
  return Math.min(error.statusCode ?? 500, 500);
}

/** Cuts off a client that waits for its turn if it has ended its side of the connection, or once it does. */
function letGo(socket: Socket): void {
  if (socket.readableEnded) socket.destroy();
  else socket.once('end', () => socket.destroy());
}

/** Announced length of a body in bytes; 0 without a body, and infinite for a body in chunks, which may have no end. */
const lengthOf = ({ headers }: FastifyRequest): number =>
  headers['transfer-encoding'] === undefined
    ? Number(headers['content-length'] ?? 0)
    : Number.POSITIVE_INFINITY;

/** Whether a body has not arrived whole, and is so long that the server does not read the rest. */
const isUnread = (request: FastifyRequest): boolean =>
  !request.raw.complete && lengthOf(request) > UNREAD_BYTES_MAX;

/** Refuses a body by its headers, before any of it is read. @throws HttpError */
function checkBody(request: FastifyRequest): void {
  const { method, headers, routeOptions } = request;
  const { 'content-encoding': encoding, 'content-length': length } = headers;
  if (headers['transfer-encoding'] !== undefined || (length === undefined && /^(POST|PUT)$/.test(method)))
    throw new HttpError(
      411,
      'The header content-length is missing. Send it: chunked bodies are not accepted.',
    );
  if (length === undefined) return;
  if (Number(length) > routeOptions.bodyLimit!)
    throw new HttpError(
      413,
      `The body has ${length} bytes; at most ${routeOptions.bodyLimit} are accepted here.`,
    );
  if (method === 'GET' || method === 'HEAD') return;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new HttpError(415, 'Compressed bodies are not accepted: send the body without content-encoding.');
  checkContentType(headers);
}

/** Reads every body as bytes, whatever its content type: the routes interpret the bytes. */
function readBodies(app: FastifyInstance, bodies: BodyMemory): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, stream: IncomingMessage) => {
    const length = lengthOf(request);
    return readBody(stream, length, (refuse) => {
      request.heldBody = bodies.enter(stream.socket, request.ip, length, refuse);
      return request.heldBody.take;
    });
  });
}
