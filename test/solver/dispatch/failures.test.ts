import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import {
  BatchNotInFlightError,
  DuplicateRequestError,
  DuplicateWorkerError,
  InvalidChildrenError,
  StagesDifferError,
  UnknownRowError,
  UnknownWorkerError,
} from '../../../solver/dispatch/errors.ts';
import { Heap } from '../../../solver/dispatch/heap.ts';
import { ended, policy, shared, stage, started } from './short.ts';

describe('failures', () => {
  it('fails a poisoned item alone, not with its batch', () => {
    const dispatch = new Dispatch(policy([stage('a', 3, 0)]), []);
    for (const request of [1, 2, 3]) dispatch.arrive(request, 0);
    dispatch.workerAdded({ id: 'w', rows: [0] });
    const outcomes: string[] = [];
    for (let nowMs = 0; dispatch.open > 0; nowMs++)
      for (const action of dispatch.poll(nowMs)) {
        if (action.kind !== 'start') outcomes.push(...ended([action]));
        else if (action.items.some((item) => item.request === 2)) dispatch.failed(action.batch, nowMs);
        else dispatch.completed(action.batch, [], nowMs);
      }
    outcomes.push(...ended(dispatch.poll(99)));
    expect(outcomes).toEqual(['1 completed', '2 failed', '3 completed']);
  });

  it('puts what a lost worker had before all that arrived later', () => {
    const dispatch = new Dispatch(policy([stage('a', 2, 0)]), [{ id: 'w', rows: [0] }]);
    for (const request of [1, 2, 3, 4]) dispatch.arrive(request, request);
    expect(started(dispatch.poll(4))).toEqual(['w/0: 1 2', 'w/0: 3 4']);
    dispatch.workerLost('w');
    expect(dispatch.queued).toEqual([4]);
    dispatch.workerAdded({ id: 'v', rows: [0] });
    expect(started(dispatch.poll(5))).toEqual(['v/0: 1 2', 'v/0: 3 4']);
  });

  it('fails only the item that ends workers, at the third', () => {
    const dispatch = new Dispatch(policy([stage('a', 3, 0)]), []);
    for (const request of [1, 2, 3]) dispatch.arrive(request, 0);
    const outcomes: string[] = [];
    let lost = 0;
    dispatch.workerAdded({ id: 'w0', rows: [0] });
    for (let nowMs = 0; dispatch.open > 0; nowMs++)
      for (const action of dispatch.poll(nowMs)) {
        if (action.kind !== 'start') outcomes.push(...ended([action]));
        else if (action.items.some((item) => item.request === 2)) {
          dispatch.workerLost(action.worker);
          dispatch.workerAdded({ id: `w${++lost}`, rows: [0] });
        } else dispatch.completed(action.batch, [], nowMs);
      }
    outcomes.push(...ended(dispatch.poll(99)));
    expect(outcomes.sort()).toEqual(['1 completed', '2 failed', '3 completed']);
    expect(lost).toBe(3);
  });

  it('lets a retired worker finish what it was handed and then forgets it', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 0);
    dispatch.arrive(3, 0);
    dispatch.poll(0);
    dispatch.workerRetired('w');
    dispatch.completed(0, [], 10);
    dispatch.completed(1, [], 20);
    const actions = dispatch.poll(20);
    expect(ended(actions)).toEqual(['1 completed', '2 completed']);
    expect(started(actions)).toEqual([]);
    expect(() => dispatch.workerRetired('w')).toThrow(UnknownWorkerError);
  });

  it('takes back what a retired worker was handed in advance if the worker is lost', () => {
    const dispatch = new Dispatch(policy([stage('a', 1, 0)]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 0);
    dispatch.poll(0);
    dispatch.workerRetired('w');
    dispatch.completed(0, [], 10);
    dispatch.workerLost('w');
    expect(dispatch.queued).toEqual([1]);
  });
});

it('keeps nothing of requests that are shed while a row has no worker', () => {
  const [push, pop] = [vi.spyOn(Heap.prototype, 'push'), vi.spyOn(Heap.prototype, 'pop')];
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const dispatch = new Dispatch(policy([stage('a', 1, 0)], 'late', 250), []);
  for (let request = 0; request < 100; request++) {
    dispatch.arrive(request, 10 * request);
    dispatch.poll(10 * request);
  }
  expect(ended(dispatch.poll(2000))).not.toEqual([]);
  expect(dispatch.open).toBe(0);
  expect(pop.mock.calls.length).toBe(push.mock.calls.length);
});

describe('mistakes of a driver', () => {
  const running = () => {
    const dispatch = shared();
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    return dispatch;
  };

  it('refuses a batch that was reported before', () => {
    const dispatch = running();
    dispatch.completed(0, [1], 1);
    expect(() => dispatch.completed(0, [1], 2)).toThrow(BatchNotInFlightError);
    expect(() => dispatch.failed(0, 2)).toThrow(BatchNotInFlightError);
  });

  it('refuses a batch whose worker was lost', () => {
    const dispatch = running();
    dispatch.workerLost('w');
    expect(() => dispatch.completed(0, [1], 1)).toThrow(BatchNotInFlightError);
  });

  it('refuses children that do not match the items, and the batch stays in flight', () => {
    const dispatch = running();
    for (const children of [[], [1, 1], [-1], [0.5]])
      expect(() => dispatch.completed(0, children, 1)).toThrow(InvalidChildrenError);
    dispatch.completed(0, [0], 1);
    expect(ended(dispatch.poll(1))).toEqual(['1 completed']);
  });

  it('refuses children of the last stage that do not match the items, and an item that escalates twice', () => {
    const a = { ...stage('a', 1, 0), heavy: { ...stage('a-heavy', 2, 0), share: 1 } };
    const dispatch = new Dispatch(policy([a]), [{ id: 'w', rows: [0] }]);
    dispatch.arrive(1, 0);
    dispatch.arrive(2, 0);
    for (const batch of [0, 1]) {
      dispatch.poll(batch);
      expect(() => dispatch.completed(batch, [0, 0], batch)).toThrow(InvalidChildrenError);
      dispatch.completed(batch, [{ otherwise: 0 }], batch);
    }
    dispatch.workerAdded({ id: 'v', rows: [1] });
    expect(started(dispatch.poll(2))).toEqual(['v/1: 1 2']);
    expect(() => dispatch.completed(2, [0, -1], 3)).toThrow(InvalidChildrenError);
    expect(() => dispatch.completed(2, [0, { otherwise: 0 }], 3)).toThrow(InvalidChildrenError);
    dispatch.completed(2, [], 3);
    expect(ended(dispatch.poll(3))).toEqual(['1 completed', '2 completed']);
  });

  it('refuses a request that is open, a worker that is here, one that is not, and rows that do not exist', () => {
    const dispatch = running();
    expect(() => dispatch.arrive(1, 1)).toThrow(DuplicateRequestError);
    expect(() => dispatch.workerAdded({ id: 'w', rows: [0] })).toThrow(DuplicateWorkerError);
    expect(() => dispatch.workerLost('x')).toThrow(UnknownWorkerError);
    expect(() => dispatch.workerAdded({ id: 'x', rows: [6] })).toThrow(UnknownRowError);
  });

  it('refuses a policy of another pipeline', () => {
    expect(() => running().setPolicy(policy([stage('a', 1, 0)]))).toThrow(StagesDifferError);
    expect(() => running().setPolicy(policy([stage('b', 1, 0), stage('a', 1, 0)]))).toThrow(
      StagesDifferError,
    );
  });
});
