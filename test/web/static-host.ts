import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';
import type { Host } from '../../bench/runner/static-server.ts';

export interface StaticHost extends Host {
  /** Paths that were asked for, in order. */
  readonly asked: string[];
}

/** Serves a folder under a path as a plain file server does: with the given headers, and without those that the page needs. */
export async function serveStatic(
  folder: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<StaticHost> {
  const asked: string[] = [];
  const sendFile = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    asked.push(pathname);
    response.setHeaders(new Map(Object.entries(headers)));
    if (!pathname.startsWith(path)) return response.writeHead(404).end();
    request.url = pathname.slice(path.length - 1);
    sendFile(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
