import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { UsageError } from '../../workers/command/exit.ts';
import { sleep } from '../../workers/executor/clock.ts';
import { UnavailableError } from '../service/errors.ts';

/** Explanations for the codes of Node's errors when a server cannot listen on its address. */
const REASONS: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the address is not known',
  EACCES: 'ports below 1024 need privileges that this process does not have',
};

/** The error for an address on which a server cannot listen; other errors stay as they are. */
function listenError(cause: unknown, host: string, port: number): unknown {
  const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) return cause;
  return new UsageError(
    `The agent cannot listen on port ${port} of ${host}: ${reason}. Choose another with --port and --host.`,
    { cause },
  );
}

/**
 * The address to listen on for a host. If Fastify got the name localhost, it would start one server for each address of that name,
 * and nothing would wait for the end of the further servers. If Node gets no address, it listens on all addresses, also on those
 * of IPv6 if the machine has any.
 */
const addressOf = async (host: string): Promise<string> =>
  host === '::' ? '' : (await lookup(host)).address;

/** Checks before models are loaded that a server can listen on the address. @throws UsageError */
export async function checkAddress(host: string, port: number): Promise<void> {
  try {
    const server = createServer().listen({ host: await addressOf(host), port });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  } catch (cause) {
    throw listenError(cause, host, port);
  }
}

/** Starts to listen. @param port 0 for any free port @returns the URL @throws UsageError if the address cannot be used */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host: await addressOf(host), port });
  } catch (cause) {
    await app.close();
    throw listenError(cause, host, port);
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
}

/** Time that a closing server gives clients to read their responses. */
const CLOSE_MS = 5000;
const UNSENT_CHECK_MS = 20;

interface ServeOptions {
  readonly host: string;
  /** Port of the HTTP server; 0 for any free port. */
  readonly port: number;
  /** Ends serving: after `leaveMs` the server accepts no more requests, and it still answers those that it accepted. */
  readonly signal: AbortSignal;
  readonly closeMs?: number;
  /**
   * Milliseconds after the signal in which the server still accepts requests, because clients do not know yet that it ends;
   * default: 0.
   */
  readonly leaveMs?: number;
  onListening(url: string): void;
}

/**
 * Serves over HTTP until the signal aborts and every accepted request has been answered. After `closeMs` more, the server
 * refuses the requests that have not arrived whole and cuts all connections, because Node would wait forever for a client that
 * reads no response or never completes its request.
 * @throws UsageError if the server cannot listen on the address
 */
export async function serve(
  app: FastifyInstance,
  service: { drain(): Promise<void> },
  { host, port, signal, closeMs = CLOSE_MS, leaveMs = 0, onListening }: ServeOptions,
): Promise<void> {
  /**
   * The replies of each open connection that have not been sent whole, in the order of their requests. If the client disconnects,
   * Node closes only the first of these replies, so all of them are forgotten with the connection.
   */
  const open = new Map<Socket, Set<FastifyReply>>();
  app.server.on('connection', (socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    const replies = open.get(socket);
    replies?.add(reply);
    reply.raw.once('close', () => replies?.delete(reply));
    done();
  });
  app.addHook('onSend', ({ raw: { socket } }, reply, payload, done) => {
    // A client that keeps its connection would send its next request to a server that is ending. If the client has sent several
    // requests at once, only the last answer may close the connection, because the close would cut off the answers after it.
    if (signal.aborted && [...(open.get(socket) ?? [])].at(-1) === reply) reply.header('connection', 'close');
    done(null, payload);
  });
  onListening(await listen(app, host, port));
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await sleep(leaveMs);
  await service.drain();
  const cutAtMs = performance.now() + closeMs;
  // `close` cuts connections that Node calls idle, among them those whose answer is complete, but not yet sent.
  while (performance.now() < cutAtMs && [...open.keys()].some(({ writableLength }) => writableLength > 0))
    await sleep(UNSENT_CHECK_MS);
  const cutOff = setTimeout(() => {
    for (const reply of [...open.values()].flatMap((replies) => [...replies]))
      if (!reply.sent) reply.send(new UnavailableError('The agent is shutting down', 1));
    app.server.closeAllConnections();
  }, cutAtMs - performance.now());
  await app.close();
  clearTimeout(cutOff);
}
