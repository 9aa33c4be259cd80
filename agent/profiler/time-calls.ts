import type { Delays } from '../../solver/documents/co-run.ts';
import { delaysOf } from '../../workers/profiler/percentiles.ts';

/**
 * Warm-up ends after this many calls or milliseconds. Calls get several times faster while the JavaScript engine compiles the
 * code that serves them.
 */
export interface WarmUp {
  readonly calls: number;
  readonly msMax: number;
}

interface Timed {
  /** Number of latencies. */
  readonly n: number;
  /** Latencies of calls that are made one after the other. */
  readonly latency: Delays;
  /** Core time per call in this process, in ms, while several calls are open. */
  readonly callerMs: number;
  /** Core time per call in the called process, in ms, while several calls are open. */
  readonly calledMs: number;
}

/**
 * Times calls to another process.
 * @param call makes call number i
 * @param atOnce number of calls that are open while core time is measured
 * @param forMs milliseconds for which latencies are measured; core time is then measured for as long
 * @param cpuMs functions that return the core time that each process has taken so far, in milliseconds
 */
export async function timeCalls(
  call: (i: number) => Promise<unknown>,
  atOnce: number,
  warmUp: WarmUp,
  forMs: number,
  cpuMs: { caller(): number; called(): Promise<number> },
): Promise<Timed> {
  let calls = 0;
  const next = () => call(calls++);
  await inParallel(next, atOnce, (ms) => calls < warmUp.calls && ms < warmUp.msMax);
  const ms: number[] = [];
  for (const endMs = performance.now() + forMs; performance.now() < endMs || ms.length === 0; ) {
    const start = performance.now();
    await next();
    ms.push(performance.now() - start);
  }
  const called = await cpuMs.called();
  const caller = cpuMs.caller();
  const before = calls;
  await inParallel(next, atOnce, (ms) => ms < forMs);
  const each = (sumMs: number) => sumMs / (calls - before);
  const callerMs = each(cpuMs.caller() - caller);
  return {
    n: ms.length,
    latency: delaysOf(ms),
    callerMs,
    calledMs: each((await cpuMs.called()) - called),
  };
}

/** Keeps `atOnce` calls open, and makes at least that many. @param goesOn whether to make more calls after this time in ms */
async function inParallel(
  call: () => Promise<unknown>,
  atOnce: number,
  goesOn: (ms: number) => boolean,
): Promise<void> {
  const start = performance.now();
  const one = async () => {
    do await call();
    while (goesOn(performance.now() - start));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
