import type { AddressInfo } from 'node:net';
import { UsageError } from '../workers/command/exit.ts';
import { createApp, type HttpOptions } from './http/app.ts';
import type { Service } from './service.ts';

export interface ServeOptions extends HttpOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Lets what was accepted end, then ends. */
  readonly signal: AbortSignal;
  onListening(url: string): void;
}

/**
 * Serves over HTTP until the signal aborts and what was accepted until then has been answered.
 * @throws UsageError where the port is taken
 */
export async function serve(service: Service, options: ServeOptions): Promise<void> {
  const { host, port, signal } = options;
  const app = createApp(service, options);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new UsageError(`Port ${port} of ${host} is in use: choose another one with --port.`, { cause });
    throw cause;
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  options.onListening(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await service.drain();
  await app.close();
}
