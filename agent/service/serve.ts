import { createApp } from '../http/app.ts';
import { closeApp, type HttpLimits } from '../http/base.ts';
import { listen } from '../http/listen.ts';
import type { PlanChanges } from '../http/plan.ts';
import type { Service } from './service.ts';

export interface ServeOptions extends PlanChanges {
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** After it aborts, no request is accepted, and serving ends when those that were accepted have ended. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<HttpLimits>;
  onListening(url: string): void;
}

/**
 * Serves over HTTP until the signal aborts and every request that was accepted has been answered.
 * @throws UsageError where the address cannot be listened on
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
