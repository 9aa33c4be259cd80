import { describe, expect, it } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import { ended, policy, shared, stage, started } from './short.ts';

describe('closing a batch', () => {
  it('waits for its size', () => {
    const dispatch = new Dispatch(policy([stage('a', 2, 50)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    expect(started(dispatch.poll(0))).toEqual([]);
    dispatch.arrive(2, 5);
    expect(started(dispatch.poll(5))).toEqual(['w/0: 1 2']);
  });

  it('waits no longer than maxWaitMs and says when that is', () => {
    const dispatch = new Dispatch(policy([stage('a', 2, 50)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 3);
    expect(started(dispatch.poll(3))).toEqual([]);
    expect(dispatch.nextWakeMs()).toBe(53);
    expect(started(dispatch.poll(53))).toEqual(['w/0: 1']);
  });

  it('closes early where the slack ends, with room for a late timer', () => {
    const stages = [stage('a', 8, 500, 10), stage('b', 8, 500, 20)];
    const dispatch = new Dispatch(policy(stages, 'late', 100), [{ id: 'w', rows: [0, 1] }]);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    // The batch closes 5 % of the SLA and both stages' 10 and 20 ms before the SLA ends: 100 − 5 − 10 − 20.
    expect(dispatch.nextWakeMs()).toBe(65);
    expect(started(dispatch.poll(65))).toEqual(['w/0: 1']);
  });

  it('follows a new policy for what waits already', () => {
    const dispatch = new Dispatch(policy([stage('a', 8, 500)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    dispatch.setPolicy(policy([stage('a', 1, 0)]));
    expect(started(dispatch.poll(1))).toEqual(['w/0: 1']);
  });
});

describe('choosing what runs where', () => {
  it('takes the batch whose request arrived first, whatever its stage', () => {
    const dispatch = shared();
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 1);
    dispatch.poll(1);
    dispatch.completed(0, [1], 10);
    expect(started(dispatch.poll(10))).toEqual(['w/1: 1', 'w/0: 2']);
  });

  it('takes the later stage of two whose requests arrived together', () => {
    const dispatch = shared();
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 0);
    dispatch.poll(0);
    dispatch.completed(0, [1], 10);
    expect(started(dispatch.poll(10))).toEqual(['w/1: 1', 'w/0: 2']);
  });

  it('spreads over the workers that hold a stage', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0)]), [
      { id: 'v', rows: [0] },
      { id: 'w', rows: [0] },
    ]);
    const workers = [0, 1, 2, 3].map((request) => {
      dispatch.arrive(request, request);
      const [run] = started(dispatch.poll(request));
      dispatch.completed(request, [], request);
      return run?.[0];
    });
    expect(workers).toEqual(['v', 'w', 'v', 'w']);
  });

  it('gives a worker only stages it holds', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0), stage('b', 1, 0)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    dispatch.completed(0, [2], 1);
    expect(started(dispatch.poll(1))).toEqual([]);
    expect(dispatch.queued).toEqual([0, 2]);
    expect(dispatch.nextWakeMs()).toBeUndefined();
    dispatch.workerAdded({ id: 'v', rows: [1] });
    expect(started(dispatch.poll(2))).toEqual(['v/1: 1', 'v/1: 1']);
  });

  it('runs one request at a time where one worker holds all, at batch 1', () => {
    const dispatch = shared();
    for (const request of [1, 2, 3]) dispatch.arrive(request, request);
    const order: string[] = [];
    for (let batch = 0; dispatch.open > 0; batch++) {
      order.push(...started(dispatch.poll(10 * batch)).map((run) => run.slice(2)));
      dispatch.completed(batch, [2], 10 * batch + 10);
    }
    expect(order).toEqual(['0: 1', '1: 1', '1: 1', '0: 2', '1: 2', '1: 2', '0: 3', '1: 3', '1: 3']);
  });
});

describe('fan-out', () => {
  it('completes a request when the last of its items is done', () => {
    const dispatch = shared(2);
    dispatch.arrive(7, 0);
    dispatch.poll(0);
    dispatch.completed(0, [3], 10);
    dispatch.poll(10);
    dispatch.completed(1, [], 20);
    expect(ended(dispatch.poll(20))).toEqual([]);
    dispatch.completed(2, [], 30);
    expect(ended(dispatch.poll(30))).toEqual(['7 completed']);
  });

  it('completes a request that has no children', () => {
    const dispatch = shared();
    dispatch.arrive(7, 0);
    dispatch.poll(0);
    dispatch.completed(0, [0], 10);
    expect(ended(dispatch.poll(10))).toEqual(['7 completed']);
  });

  it('tells which item came from which', () => {
    const dispatch = shared(2);
    dispatch.arrive(7, 0);
    dispatch.poll(0);
    dispatch.completed(0, [2], 10);
    expect(dispatch.poll(10)).toMatchObject([
      {
        items: [
          { request: 7, row: 1, parent: 0, index: 0 },
          { request: 7, row: 1, parent: 0, index: 1 },
        ],
      },
    ]);
  });
});

describe('shedding', () => {
  const oneStage = policy([stage('a', 1, 0, 30)], 'late', 100);

  it('sheds a request that cannot make the SLA any more, and not before', () => {
    const dispatch = new Dispatch(oneStage, []);
    dispatch.arrive(1, 0);
    expect(ended(dispatch.poll(70))).toEqual([]);
    const wakeMs = dispatch.nextWakeMs()!;
    expect(wakeMs).toBeCloseTo(70, 0);
    expect(ended(dispatch.poll(wakeMs))).toEqual(['1 shed']);
  });

  it('never sheds where the policy says so', () => {
    const dispatch = new Dispatch({ ...oneStage, shedding: 'never' }, [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    expect(started(dispatch.poll(5000))).toEqual(['w/0: 1']);
  });

  it('expects the fan-out it has seen', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0, 10), stage('b', 1, 0, 10)], 'late', 100), [
      { id: 'w', rows: [0, 1] },
    ]);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    dispatch.completed(0, [6], 10);
    for (let batch = 1; batch <= 6; batch++) {
      dispatch.poll(10 * batch);
      dispatch.completed(batch, [], 10 * batch + 10);
    }
    dispatch.arrive(2, 100);
    // A request needs 70 ms: one batch of the first stage, and six of the second.
    expect(ended(dispatch.poll(131))).toEqual(['1 completed', '2 shed']);
  });

  it('cancels what waits of a shed request and ignores what returns of it', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0), stage('b', 1, 0)], 'late', 100), [
      { id: 'w', rows: [0, 1] },
    ]);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    dispatch.completed(0, [3], 10);
    dispatch.poll(10);
    expect(ended(dispatch.poll(99))).toEqual(['1 shed']);
    expect(dispatch.queued).toEqual([0, 0]);
    dispatch.completed(1, [], 120);
    expect(dispatch.poll(120)).toEqual([]);
  });

  it('sheds all that is open at the close', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 0);
    dispatch.poll(0);
    expect(ended(dispatch.close())).toEqual(['1 shed', '2 shed']);
    expect(dispatch.open).toBe(0);
  });
});

it('takes no more work per item when 100,000 wait', () => {
  const cpuMs = (requests: number) => {
    const dispatch = new Dispatch(policy([stage('a', 4, 5), stage('b', 4, 5)], 'late', 1e9), [
      { id: 'w', rows: [0, 1] },
    ]);
    const start = process.cpuUsage();
    for (let request = 0; request < requests; request++) {
      dispatch.arrive(request, request);
      dispatch.poll(request);
    }
    for (let batch = 0, nowMs = requests; dispatch.open > 0; batch++, nowMs++) {
      dispatch.completed(batch, [1, 1, 1, 1], nowMs);
      dispatch.poll(nowMs);
    }
    return process.cpuUsage(start).user / 1000;
  };
  // Other processes do not stretch CPU time. Few requests are timed three times, because a garbage collection may fall into one.
  const few = Math.min(...[1, 2, 3].map(() => cpuMs(10_000)));
  expect(cpuMs(100_000)).toBeLessThan(40 * few);
});
