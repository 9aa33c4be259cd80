import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { UnavailableError } from '../service/errors.ts';

/** Returns why a request is refused, judged by its head; undefined if the request may go on to its route. */
export type Door = (request: IncomingMessage) => UnavailableError | undefined;

/**
 * A client may send this many requests on a connection before the first is answered; one more cuts the connection. Node begins
 * all requests that arrive in one piece at once, and a piece holds over a thousand short ones.
 */
export const UNANSWERED_MAX = 32;

/**
 * Creates a server that answers the requests which its door refuses, without Fastify, which takes twice as long for a refusal. In
 * an overload most requests are refused, and the requests that are served need that time.
 * @param handler gets the other requests
 * @param unreadBytesMax requests with a longer body, or without a stated length, go to the handler, too: after a refusal here,
 * Node would read the whole body
 * @param unreadMs a client that reads nothing of its answer for so long is cut off
 */
export function serverWithDoor(
  options: ServerOptions,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  door: Door,
  unreadBytesMax: number,
  unreadMs: number,
): Server {
  const unanswered = new WeakMap<Socket, number>();
  const server = createServer(options, (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const count = (change: number): number => {
      const now = (unanswered.get(socket) ?? 0) + change;
      unanswered.set(socket, now);
      return now;
    };
    if (count(1) > UNANSWERED_MAX) {
      socket.destroy();
      return;
    }
    response.once('close', () => count(-1));
    const short = Number(request.headers['content-length'] ?? Number.NaN) <= unreadBytesMax;
    const refusal = short ? door(request) : undefined;
    if (refusal) refuse(response, refusal);
    else handler(request, response);
  });
  // After a time without reading or writing, Node would cut off clients that wait for an answer, too.
  server.setTimeout(unreadMs, (socket) => {
    if (socket.writableLength > 0 || !unanswered.get(socket)) socket.destroy();
  });
  // Node would otherwise cut off a client that ends its side of the connection after its request, before the answer.
  return Object.assign(server, { httpAllowHalfOpen: true });
}

function refuse(response: ServerResponse, { message, retryAfterS }: UnavailableError): void {
  const text = JSON.stringify({ error: message });
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'retry-after': String(retryAfterS),
  });
  response.end(text);
}
