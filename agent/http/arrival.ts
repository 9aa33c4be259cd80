import { performance } from 'node:perf_hooks';

/** A turn of the event loop in which requests were received. */
interface Turn {
  readonly startMs: number;
  /** Milliseconds for which the event loop was idle from the start of the process until `startMs`. */
  readonly idleMs: number;
}

let before: Turn | undefined;
let nowMs: number | undefined;

/**
 * Estimates when the request that is being received arrived, in `performance.now()`, so that its wait for a busy event loop
 * counts. All requests of one turn of the loop had arrived before that turn began. If the loop has not been idle since the
 * previous turn in which requests were received, the requests may have arrived at any time since that turn's start, which is
 * returned.
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
