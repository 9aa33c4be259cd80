import { setTimeout } from 'node:timers/promises';

/**
 * Waits before the next request of a load that goes on until something else has happened. A load as fast as the machine can would
 * take the CPU that this needs.
 */
export const pause = (): Promise<void> => setTimeout(20);
