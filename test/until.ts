import { vi } from 'vitest';
import { PATIENCE_MS } from './patience.ts';

/** Calls `check` again and again until it no longer throws. Rejects with what it threw last. */
export const until = <T>(check: () => Promise<T> | T): Promise<T> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 50 });
