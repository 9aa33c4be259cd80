import { performance } from 'node:perf_hooks';

/** A turn of the event loop in which requests were received. */
interface Turn {
  readonly startMs: number;
  /** Time that the event loop had been idle by then, since the process began. */
  readonly idleMs: number;
}

let before: Turn | undefined;
let nowMs: number | undefined;

/**
 * A time by which the request that is being received had arrived, in `performance.now()`, to count its wait for a busy event
 * loop. All requests of one turn of the loop had arrived before the turn began. If the loop was not idle since the turn before,
 * they may have arrived at any time since then, so this returns the start of that turn.
 */
export function arrivedMs(): number {
  if (nowMs === undefined) {
    const turn = { startMs: performance.now(), idleMs: performance.eventLoopUtilization().idle };
    nowMs = before && turn.idleMs === before.idleMs ? before.startMs : turn.startMs;
    before = turn;
    setImmediate(() => {
      nowMs = undefined;
    });
  }
  return nowMs;
}
