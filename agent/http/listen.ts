import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { UsageError } from '../../workers/command/exit.ts';

/** Explanations for the codes of Node's errors when a server cannot listen on its address. */
const REASONS: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the address is not known',
  EACCES: 'ports below 1024 need privileges that this process does not have',
};

/** Starts to listen. @param port 0 for any free port @returns the URL @throws UsageError if the address cannot be used */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = REASONS[code ?? ''];
    if (reason === undefined) throw cause;
    throw new UsageError(
      `The agent cannot listen on port ${port} of ${host}: ${reason}. Choose another with --port and --host.`,
      { cause },
    );
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
}
