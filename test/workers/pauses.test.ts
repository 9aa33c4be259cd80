import { expect, test, vi } from 'vitest';
import { seededRandom } from '../../solver/math/random.ts';
import { mean } from '../../solver/math/statistics.ts';
import { sleep } from '../../workers/executor/clock.ts';
import { measurePauses, type PausedCall } from '../../workers/profiler/pauses.ts';
import { type Clock, WorkClock } from '../../workers/profiler/work-clock.ts';
import { fakeClock } from '../fake-clock.ts';

fakeClock();

/** Makes a call whose time depends on how long it paused before. */
function callOf(takesMs: (pausedMs: number) => number): PausedCall {
  let endMs = Number.NEGATIVE_INFINITY;
  return async () => {
    await sleep(takesMs(performance.now() - endMs));
    endMs = performance.now();
  };
}

async function measured(groups: readonly (readonly PausedCall[])[], clock: Clock = performance) {
  const pauses = measurePauses(groups, 60_000, clock);
  await vi.runAllTimersAsync();
  return (await pauses)!;
}

test('the delay after a pause is what a call takes longer than right after itself', async () => {
  const [batch] = await measured([[callOf((pausedMs) => (pausedMs >= 8 ? 7 : 5))]]);
  expect(
    batch!.map(({ pauseMs, delays }) => [pauseMs, ...new Set(delays.map(({ delayMs }) => delayMs))]),
  ).toEqual([
    [2, 0],
    [8, 2],
    [32, 2],
  ]);
});

test('spells of a machine in which calls take nearly twice as long hardly make delays', async () => {
  const random = seededRandom(7);
  let [untilMs, isSlow] = [performance.now(), false];
  const call = async () => {
    for (; performance.now() >= untilMs; isSlow = !isSlow) untilMs -= 500 * Math.log(1 - random());
    await sleep((isSlow ? 18 : 10) * (0.95 + 0.1 * random()));
  };
  const delays: number[] = [];
  for (let time = 0; time < 40; time++)
    for (const after of (await measured([[call]]))[0]!)
      delays.push(mean(after.delays.map(({ delayMs }) => delayMs)));
  expect(mean(delays)).toBeLessThan(0.4);
});

test('calls that differ in size make no delays, because each pause has the same runs', async () => {
  const sizes = seededRandom(3);
  const takesMs = Array.from({ length: 36 }, () => 5 + 30 * sizes());
  const [batch] = await measured([[(run) => sleep(takesMs[run]!)]]);
  expect(batch!.every(({ delays }) => delays.every(({ delayMs }) => delayMs < 1))).toBe(true);
});

test('the delays of a group are the means over its calls', async () => {
  const longer = (ms: number) => callOf((pausedMs) => (pausedMs > 1 ? 10 + ms : 10));
  const [ways, batches] = await measured([
    [longer(1), longer(1)],
    [longer(2), longer(4)],
  ]);
  expect(ways![0]!.delays.map(({ delayMs }) => delayMs)).toEqual(Array(7).fill(1));
  expect(batches![0]!.delays.map(({ delayMs }) => delayMs)).toEqual(Array(7).fill(3));
});

test('nothing is faster after a pause: what seems to be is noise', async () => {
  const [batch] = await measured([[callOf((pausedMs) => (pausedMs > 1 ? 3 : 5))]]);
  expect(batch!.every(({ delays }) => delays.every(({ delayMs }) => delayMs === 0))).toBe(true);
});

test('as many runs are made as the time allows, and nothing is measured if it is too short for three', async () => {
  const taken = async (forMs: number) => {
    const startMs = performance.now();
    const pauses = measurePauses([[callOf(() => 10)]], forMs, performance);
    await vi.runAllTimersAsync();
    return { ms: performance.now() - startMs, n: (await pauses)?.[0]?.[0]?.n };
  };
  const { ms, n } = await taken(2000);
  expect(n).toBe(20);
  expect(ms).toBeLessThanOrEqual(2100);
  expect((await taken(300)).n).toBe(3);
  expect((await taken(200)).n).toBeUndefined();
});

test('the time for which a call waits while the clock stands is no delay', async () => {
  const clock = new WorkClock();
  const call = callOf(() => 5);
  let calls = 0;
  const waits = async () => {
    if (++calls % 10 === 0) await clock.idle(sleep(4000));
    await call(0);
  };
  const [batch] = await measured([[waits]], clock);
  expect(batch!.every(({ delays }) => delays.every(({ delayMs }) => delayMs === 0))).toBe(true);
});
