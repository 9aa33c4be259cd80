import { setTimeout } from 'node:timers/promises';

/**
 * Waits 50 ms before the next request of a load that a test sends until some event has happened. A load without pauses would take
 * the CPU time that the event needs.
 */
export const pause = (): Promise<void> => setTimeout(50);
