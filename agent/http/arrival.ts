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
 * When the request that is being received had arrived at the latest, in `performance.now()`. Requests wait for the event loop on
 * a busy server. All that it hands over in one turn had arrived before the first of them was received. If it was never idle since
 * the turn before, they may have waited since then, and this takes that they have.
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
