import type { Delays } from '../../solver/documents/profile.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { sleep } from '../../workers/executor/clock.ts';

const PERCENTILES = [5, 25, 50, 75, 90, 95, 99];
/**
 * Calls get faster while the JavaScript engine compiles the code that serves them. They are warm when a window brings no more of
 * them than this many times those of the window before; some windows pass before.
 */
const WARM = { gain: 1.05, leastWindows: 3, mostWindows: 12 };
/** Pause before each call whose latency counts: under a low load processes sleep between two requests. */
const PAUSE_MS = 2;

export interface Timed {
  /** Number of latencies. */
  readonly n: number;
  /** Time of a call, one at a time. */
  readonly latency: Delays;
  /** Core time of a call while several are open: in this process, and in the one that is called. */
  readonly callerMs: number;
  readonly calledMs: number;
}

/**
 * Times calls to another process.
 * @param call makes call number i
 * @param atOnce number of calls that are open while core time is measured
 * @param forMs time for the latencies; as much goes to core time, and to each window of the warm-up
 * @param cpuMs core time that each process has taken
 */
export async function timeCalls(
  call: (i: number) => Promise<unknown>,
  atOnce: number,
  forMs: number,
  cpuMs: { caller(): number; called(): Promise<number> },
): Promise<Timed> {
  let calls = 0;
  const next = () => call(calls++);
  for (let window = 1, last = 0; window <= WARM.mostWindows; window++) {
    const from = calls;
    await inParallel(next, atOnce, forMs);
    if (window >= WARM.leastWindows && calls - from <= WARM.gain * last) break;
    last = calls - from;
  }
  const ms: number[] = [];
  for (const endMs = performance.now() + forMs; performance.now() < endMs || ms.length === 0; ) {
    await sleep(PAUSE_MS);
    const start = performance.now();
    await next();
    ms.push(performance.now() - start);
  }
  const called = await cpuMs.called();
  const caller = cpuMs.caller();
  const before = calls;
  await inParallel(next, atOnce, forMs);
  const each = (sumMs: number) => sumMs / (calls - before);
  const callerMs = each(cpuMs.caller() - caller);
  const sorted = sortedNumbers(ms);
  return {
    n: ms.length,
    latency: PERCENTILES.map((percentile) => ({ percentile, delayMs: nearestRank(sorted, percentile) })),
    callerMs,
    calledMs: each((await cpuMs.called()) - called),
  };
}

/** Keeps so many calls open for a time; at least one is made. */
async function inParallel(call: () => Promise<unknown>, atOnce: number, forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  const one = async () => {
    do await call();
    while (performance.now() < endMs);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
