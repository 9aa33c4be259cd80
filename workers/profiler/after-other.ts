import { mean, median } from '../../solver/math/statistics.ts';
import { latencyOf, type RunBatch } from './measure.ts';

/** An order in which each of two sessions runs as often after itself as after the other, so that a drift affects both alike. */
const TURNS = [0, 1, 1, 0];
const WARM_UP_TURNS = 3;

/**
 * Measures how much longer a batch takes right after a batch of the other session in the same worker, which has evicted the
 * batch's data from the CPU caches.
 * @param sessions each runs its smallest batch
 * @returns the extra time as a fraction of a batch's time after its own session, as the mean of both sessions
 */
export async function measureAfterOther(
  sessions: readonly [RunBatch, RunBatch],
  forMs: number,
): Promise<number> {
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) for (const run of sessions) await run();
  const times = sessions.map(() => ({ afterItself: [] as number[], afterOther: [] as number[] }));
  let before = sessions.length - 1;
  const startMs = performance.now();
  do {
    for (const at of TURNS) {
      const { afterItself, afterOther } = times[at]!;
      (at === before ? afterItself : afterOther).push(latencyOf(await sessions[at]!()));
      before = at;
    }
  } while (performance.now() - startMs < forMs || times[0]!.afterItself.length === 0);
  const parts = times.map(({ afterItself, afterOther }) => {
    const ms = median(afterItself);
    // A browser's coarse clock may measure 0 ms, by which nothing can be divided.
    return ms > 0 ? median(afterOther) / ms - 1 : 0;
  });
  // No batch is faster after another session, so a negative difference is noise.
  return Math.max(0, mean(parts));
}
