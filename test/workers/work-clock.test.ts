import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WorkClock } from '../../workers/profiler/work-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'], now: 0 });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets time pass in which no timer fires. */
function standStill(ms: number): void {
  const running = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => running() + ms);
}

test('time that passes in a pause takes nothing of a budget', async () => {
  let paused = true;
  const unpaused = () =>
    paused ? new Promise<void>((resolve) => setTimeout(resolve, 60_000)) : Promise.resolve();
  const clock = new WorkClock(unpaused);
  vi.advanceTimersByTime(1000);
  const waited = clock.wait();
  await vi.advanceTimersByTimeAsync(60_000);
  await waited;
  expect(clock.now()).toBe(1000);
  paused = false;
  await clock.wait();
  vi.advanceTimersByTime(500);
  expect(clock.now()).toBe(1500);
});

test('the clock stands from the beginning of the first to the end of the last of waits that overlap', async () => {
  const clock = new WorkClock();
  const waitFor = (ms: number) => clock.idle(new Promise((resolve) => setTimeout(resolve, ms)));
  vi.advanceTimersByTime(1000);
  const first = waitFor(200);
  await vi.advanceTimersByTimeAsync(100);
  const second = waitFor(200);
  await vi.advanceTimersByTimeAsync(150);
  await first;
  expect(clock.now()).toBe(1000);
  await vi.advanceTimersByTimeAsync(50);
  await second;
  vi.advanceTimersByTime(7);
  expect(clock.now()).toBe(1007);
});

test('work that was aborted before is not waited for', async () => {
  const clock = new WorkClock(undefined, AbortSignal.abort(new Error('cancelled')));
  await expect(clock.idle(new Promise(() => {}))).rejects.toThrow('cancelled');
});

test('an abort ends a pause, with its reason', async () => {
  const stop = new AbortController();
  const clock = new WorkClock(() => new Promise(() => {}), stop.signal);
  const waited = clock.wait();
  stop.abort(new Error('cancelled'));
  await expect(waited).rejects.toThrow('cancelled');
});

test('time in which everything stands still, as after Ctrl-Z, takes nothing of a budget', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'], now: 0 });
  const clock = new WorkClock();
  const end = clock.tick();
  vi.advanceTimersByTime(10_000);
  expect([clock.now(), clock.standstills]).toEqual([10_000, 0]);
  standStill(20_000);
  expect([clock.now(), clock.standstills]).toEqual([10_000, 1]);
  vi.advanceTimersByTime(1000);
  expect([clock.now(), clock.standstills]).toEqual([11_000, 1]);
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test('a wait in which everything stands still is left out once', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'], now: 0 });
  const clock = new WorkClock();
  const end = clock.tick();
  vi.advanceTimersByTime(1000);
  const waited = clock.idle(Promise.resolve());
  standStill(20_000);
  expect(clock.now()).toBe(1000);
  await waited;
  expect(clock.now()).toBe(1000);
  end();
});
