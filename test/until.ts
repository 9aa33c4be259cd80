import { vi } from 'vitest';
import { PATIENCE_MS } from './patience.ts';

/** Calls `check` again and again until it no longer throws. After `PATIENCE_MS`, rejects with what `check` threw last. */
export const until = <T>(check: () => Promise<T> | T): Promise<T> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 50 });
