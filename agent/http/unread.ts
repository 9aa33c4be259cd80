import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pace, type PaceLimits } from './pace.ts';

/**
 * Milliseconds that a client has to read an answer. Closing a socket while its client still sends loses the unread rest of the
 * answer.
 */
const LINGER_MS = 1000;

/**
 * Makes a function that answers requests without reading their bodies to the end, and ends their connections. An address gets
 * these answers one after the other at intervals: otherwise its clients would come back at once with the next body, and accepting
 * a connection takes as long as serving a request.
 */
export function unreadAnswers(limits: PaceLimits) {
  const pace = new Pace(limits);
  return ({ raw, ip }: FastifyRequest, reply: FastifyReply, answer: object): FastifyReply => {
    reply.hijack();
    raw.pause();
    const send = () => {
      if (!raw.socket.destroyed) sendUnread(reply, answer);
    };
    const waitMs = pace.waitMs(ip, performance.now());
    if (waitMs === 0) send();
    else setTimeout(send, waitMs).unref();
    return reply;
  };
}

/** Sends an answer, and ends its connection when the client has had time to read it. */
function sendUnread(reply: FastifyReply, answer: object): void {
  const text = JSON.stringify(answer);
  reply.raw.writeHead(reply.statusCode, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  // The response is not ended, because Node would then read the whole body.
  reply.raw.write(text);
  setTimeout(() => reply.raw.socket?.destroy(), LINGER_MS).unref();
}
