import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import sirv from 'sirv';
import { InputError } from '../../solver/documents/coded-error.ts';
import { HEADERS } from '../../workers/environment/page-headers.ts';

/** The server answers only for these hosts, because an attacker's DNS could point another name at this machine to read files. */
const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** A file server on the loopback address. */
export interface Host {
  /** URL of the served folder, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** The port is in use, or this user may not listen on it. */
export class PortUnavailableError extends InputError {
  override name = 'PortUnavailableError';
  constructor(port: number, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${cause.code})`;
    super(`Port ${port} of 127.0.0.1 ${why}. Give another one with --port; 0 takes any that is free.`, {
      cause,
    });
  }
}

/**
 * Serves a folder on 127.0.0.1 with the headers that the page needs.
 * @param port 0 for any free port
 * @param more functions that read additional files, by path relative to the folder
 * @throws PortUnavailableError
 */
export async function serveFolder(
  folder: string,
  port: number,
  more: ReadonlyMap<string, () => Promise<Uint8Array | string>> = new Map(),
): Promise<Host> {
  // `dev` makes sirv read the disk for every request, because the page may be rebuilt while it is served.
  const sendFile = sirv(folder, { dev: true, etag: true });
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (!LOOPBACK.test(request.headers.host ?? '')) return response.writeHead(403).end();
    try {
      const read = more.get(request.url?.slice(1) ?? '');
      if (read) return response.end(await read());
      // sirv keeps its file open if the client disconnects, and handles no error of reading, which would end this process.
      response.once('pipe', (file: Readable) => {
        file.once('error', () => response.destroy());
        response.once('close', () => file.destroy());
      });
      sendFile(request, response);
    } catch (error) {
      // Destroying the response would leave the connection open while an earlier answer on it is still being sent.
      if (response.headersSent) request.socket.destroy();
      else response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PortUnavailableError(port, error)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
