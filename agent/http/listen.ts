import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { UsageError } from '../../workers/command/exit.ts';

/** What is wrong with an address, by the code of the error. */
const WRONG: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the address is not known',
  EACCES: 'ports below 1024 need privileges that this process has not',
};

/** @returns the URL that it listens on @throws UsageError where that cannot be listened on */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const wrong = WRONG[code ?? ''];
    if (wrong === undefined) throw cause;
    throw new UsageError(
      `Port ${port} of ${host} cannot be listened on: ${wrong}. Choose with --port and --host.`,
      { cause },
    );
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
}
