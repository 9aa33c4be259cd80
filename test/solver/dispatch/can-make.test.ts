import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import { ended, policy, stage } from './short.ts';

/** Enters this many requests at 0 and starts what can start. */
function entered(dispatch: Dispatch, requests: number, singleStage?: number): void {
  for (let id = 0; id < requests; id++) dispatch.arrive(id, 0, singleStage);
  dispatch.poll(0);
}

/** Counts the requests, one after the other at 0, that are expected to make an SLA of 100 ms. */
function made(stages: ReturnType<typeof stage>[], workers: readonly (readonly number[])[]): number {
  const dispatch = new Dispatch(
    policy(stages, 'late', 100),
    workers.map((held, i) => ({ id: `w${i}`, rows: held })),
  );
  let id = 0;
  for (; dispatch.canMake(0, 0, 1) && id < 1000; id++) {
    dispatch.arrive(id, 0);
    dispatch.poll(0);
  }
  return id;
}

test('behind nothing, a request can make the SLA as long as its stages take no more than what is left', () => {
  const dispatch = new Dispatch(policy([stage('a', 1, 0), stage('b', 1, 0, 20)], 'late', 100), [
    { id: 'w', rows: [0, 1] },
  ]);
  expect(dispatch.canMake(0, 70, 1)).toBe(true);
  expect(dispatch.canMake(0, 71, 1)).toBe(false);
  // These requests need the second stage alone.
  expect(dispatch.canMake(0, 80, 1, 1)).toBe(true);
  expect(dispatch.canMake(0, 81, 1, 1)).toBe(false);
});

test('as many can as the workers do within the SLA', () => {
  expect(made([stage('a', 1, 0)], [[0]])).toBe(10);
  expect(made([stage('a', 1, 0)], [[0], [0]])).toBeGreaterThanOrEqual(19);
});

test('stages of one worker add up, and stages with workers of their own run side by side', () => {
  const stages = [stage('a', 1, 0), stage('b', 1, 0)];
  const shared = made(stages, [[0, 1]]);
  const apart = made(stages, [[0], [1]]);
  expect(shared).toBeLessThan(apart);
  expect(apart).toBeLessThanOrEqual(10);
});

test('requests that come together wait for each other', () => {
  const dispatch = new Dispatch(policy([stage('a', 1, 0)], 'late', 100), [{ id: 'w', rows: [0] }]);
  expect(dispatch.canMake(0, 0, 10)).toBe(true);
  expect(dispatch.canMake(0, 0, 11)).toBe(false);
});

test('waits for what is left of what runs, and for what follows from it', () => {
  const one = new Dispatch(policy([stage('a', 1, 0)], 'late', 94), [{ id: 'w', rows: [0] }]);
  entered(one, 1);
  const nineCanMake = (nowMs: number) => one.canMake(nowMs, nowMs, 9);
  // Nine requests take 90 ms, so at most 4 ms of the batch before them may be left.
  expect([5, 6].map(nineCanMake)).toEqual([false, true]);
  one.arrive(1, 6);
  one.poll(6);
  one.completed(0, [0], 10);
  // The second batch, handed over in advance, began when the first one ended.
  expect([15, 16].map(nineCanMake)).toEqual([false, true]);
  const ofTwo = (slaMs: number) => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0), stage('b', 1, 0, 30)], 'late', slaMs), [
      { id: 'w', rows: [0] },
      { id: 'v', rows: [1] },
    ]);
    entered(dispatch, 1);
    return dispatch.canMake(0, 0, 1);
  };
  expect([69, 70].map(ofTwo)).toEqual([false, true]);
});

test('a full queue is behind a shorter one in a larger batch', () => {
  const fixed = { ...stage('a', 10, 0), serviceMs: () => 10 };
  expect(made([fixed], [[0]])).toBeGreaterThan(5 * made([stage('a', 1, 0)], [[0]]));
});

test('a plan that sheds none takes all', () => {
  const dispatch = new Dispatch(policy([stage('a', 1, 0)], 'never', 100), [{ id: 'w', rows: [0] }]);
  entered(dispatch, 100);
  expect(dispatch.canMake(0, 1e6, 1)).toBe(true);
});

test('asking changes nothing', () => {
  const dispatch = new Dispatch(policy([stage('a', 1, 0)], 'late', 100), [{ id: 'w', rows: [0] }]);
  entered(dispatch, 20);
  const before = [dispatch.open, dispatch.queued, dispatch.nextWakeMs()];
  expect(dispatch.canMake(0, 0, 1)).toBe(false);
  expect([dispatch.open, dispatch.queued, dispatch.nextWakeMs()]).toEqual(before);
  expect(ended(dispatch.poll(0))).toEqual([]);
});

test('on a worker that keeps its times, what is let in is not shed, and the worker is never idle in an overload', () => {
  const cases = fc.record({
    serviceMs: fc.integer({ min: 2, max: 9 }),
    gapMs: fc.integer({ min: 1, max: 9 }),
    slaMs: fc.integer({ min: 30, max: 300 }),
  });
  fc.assert(
    fc.property(cases, ({ serviceMs, gapMs, slaMs }) => {
      const dispatch = new Dispatch(policy([stage('a', 1, 0, serviceMs)], 'late', slaMs), [
        { id: 'w', rows: [0] },
      ]);
      const lastMs = 50 * serviceMs;
      let [letIn, completed, busyMs] = [0, 0, 0];
      /** Batches that the worker runs, one after the other: the second was handed over in advance. */
      const running: { readonly batch: number; readonly endMs: number }[] = [];
      const poll = (nowMs: number) => {
        for (const action of dispatch.poll(nowMs))
          if (action.kind === 'start') {
            running.push({ batch: action.batch, endMs: (running.at(-1)?.endMs ?? nowMs) + serviceMs });
            busyMs += serviceMs;
          } else if (action.kind === 'end') {
            expect(action.outcome).toBe('completed');
            completed++;
          }
      };
      for (let nowMs = 0; nowMs < lastMs || running.length > 0; nowMs++) {
        if (running[0]?.endMs === nowMs) {
          dispatch.completed(running.shift()!.batch, [0], nowMs);
          poll(nowMs);
        }
        if (nowMs >= lastMs || nowMs % gapMs > 0 || !dispatch.canMake(nowMs, nowMs, 1)) continue;
        dispatch.arrive(letIn++, nowMs);
        poll(nowMs);
      }
      expect(completed).toBe(letIn);
      if (gapMs <= serviceMs) expect(busyMs).toBeGreaterThanOrEqual(lastMs);
    }),
  );
});
