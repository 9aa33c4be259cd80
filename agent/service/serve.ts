import { createApp } from '../http/app.ts';
import { closeApp, type HttpLimits } from '../http/base.ts';
import { listen } from '../http/listen.ts';
import type { PlanChanges } from '../http/plan.ts';
import type { Service } from './service.ts';

export interface ServeOptions extends PlanChanges {
  readonly host: string;
  /** Port of the HTTP server; 0 for any free port. */
  readonly port: number;
  /** Ends serving: no more requests are accepted, and those that were accepted are answered. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<HttpLimits>;
  onListening(url: string): void;
}

/**
 * Serves over HTTP until the signal aborts and every accepted request has been answered.
 * @throws UsageError if the server cannot listen on the address
 */
export async function serve(service: Service, options: ServeOptions): Promise<void> {
  const { host, port, signal } = options;
  const app = createApp(service, options, options.limits);
  options.onListening(await listen(app, host, port));
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await service.drain();
  await closeApp(app, options.limits);
}
