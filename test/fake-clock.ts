import { afterEach, beforeEach, vi } from 'vitest';

/** Lets each test of a file or block turn the clock. @param also what else tells the time by this clock */
export function fakeClock(...also: 'Date'[]): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', ...also] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
