import { describe, expect, it } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import type { DispatchPolicy } from '../../../solver/dispatch/types.ts';
import { ended, stage, started } from './short.ts';

const SLA_MS = 100;

/** One stage of 20 ms an item, with a standby of 5 ms an item in row 2 if there is one stage, in row 4 if there are two. */
const withStandby = (downshift = true, more: DispatchPolicy['stages'] = []): DispatchPolicy => ({
  slaMs: SLA_MS,
  shedding: 'late',
  downshift,
  stages: [{ ...stage('a', 1, 0, 20), standby: { serviceMs: (items) => 5 * items } }, ...more],
});

/** A cascade of 5 ms and 40 ms an item, and a stage after it. Rows are 0, 2 (heavy) and 1 (next). */
const withCascade = (downshift: boolean): DispatchPolicy => ({
  slaMs: SLA_MS,
  shedding: 'late',
  downshift,
  stages: [
    { ...stage('a', 1, 0, 5), heavy: { ...stage('a-heavy', 1, 0, 40), share: 0.5 } },
    stage('b', 1, 0, 5),
  ],
});

describe('a stage with a standby', () => {
  const arrived = (policy: DispatchPolicy, requests: number, rows: readonly number[]) => {
    const dispatch = new Dispatch(policy, [{ id: 'w', rows }]);
    for (let id = 0; id < requests; id++) dispatch.arrive(id, 0);
    return dispatch;
  };

  it('runs as planned while the newest request can wait for all before it', () => {
    expect(started(arrived(withStandby(), 5, [0, 2]).poll(0))).toEqual(['w/0: 0', 'w/0: 1']);
  });

  it('runs on the standby when the newest request cannot', () => {
    expect(started(arrived(withStandby(), 6, [0, 2]).poll(0))).toEqual(['w/2: 0', 'w/2: 1']);
  });

  it('runs as planned again as soon as the backlog is gone', () => {
    const dispatch = arrived(withStandby(), 6, [0, 2]);
    dispatch.poll(0);
    dispatch.completed(0, [0], 5);
    expect(started(dispatch.poll(5))).toEqual(['w/0: 2']);
  });

  it('runs as planned on a worker that does not hold the standby, and without downshift', () => {
    expect(started(arrived(withStandby(), 6, [0]).poll(0))).toEqual(['w/0: 0', 'w/0: 1']);
    expect(started(arrived(withStandby(false), 6, [0, 2]).poll(0))).toEqual(['w/0: 0', 'w/0: 1']);
  });

  it('sheds a request only when the standby is too slow for it too', () => {
    const dispatch = new Dispatch(withStandby(), []);
    dispatch.arrive(0, 0);
    expect(ended(dispatch.poll(95))).toEqual([]);
    expect(ended(dispatch.poll(95.1))).toEqual(['0 shed']);
  });

  it('admits what the standby can bear', () => {
    expect(arrived(withStandby(), 10, [0, 2]).canMake(0, 0, 1)).toBe(true);
    expect(arrived(withStandby(false), 10, [0, 2]).canMake(0, 0, 1)).toBe(false);
    expect(arrived(withStandby(), 20, [0, 2]).canMake(0, 0, 1)).toBe(false);
  });

  it('passes on the children of a batch that the standby ran', () => {
    const dispatch = arrived(withStandby(true, [stage('b', 4, 0, 1)]), 6, [0, 1, 4]);
    expect(started(dispatch.poll(0))).toEqual(['w/4: 0']);
    dispatch.completed(0, [2], 5);
    expect(started(dispatch.poll(5))[0]).toBe('w/1: 0 0');
  });
});

describe('a standby after a stage that has nothing lighter', () => {
  /**
   * Returns how many ms after its arrival a request is late at the first stage. Another request waited before that stage and ran
   * on the standby at 85 ms.
   * @param newer whether a newer request that is in time waits behind it
   */
  const lateAfter = (waitedMs: number, newer = false) => {
    const policy: DispatchPolicy = {
      slaMs: SLA_MS,
      shedding: 'late',
      downshift: true,
      stages: [
        stage('a', 1, 0, 20),
        { ...stage('b', 1, 0, 20), standby: { serviceMs: (items) => 5 * items } },
      ],
    };
    const dispatch = new Dispatch(policy, [{ id: 'b', rows: [1, 5] }]);
    dispatch.arrive(0, 0);
    dispatch.workerAdded({ id: 'a', rows: [0] });
    dispatch.poll(waitedMs);
    dispatch.completed(0, [1], 85);
    if (newer) dispatch.arrive(2, 80, 1);
    expect(started(dispatch.poll(85))).toEqual(['b/5: 0', ...(newer ? ['b/1: 2'] : [])]);
    dispatch.workerLost('a');
    dispatch.completed(1, [0], 90);
    if (newer) dispatch.completed(2, [0], 110);
    expect(ended(dispatch.poll(110))[0]).toBe('0 completed');
    expect(dispatch.open).toBe(0);
    dispatch.arrive(1, 150);
    dispatch.poll(150);
    return dispatch.nextWakeMs()! - 150;
  };

  it('makes the next request start earlier if it made up for a wait before that stage', () => {
    expect(lateAfter(50)).toBeCloseTo(59.01, 9);
  });

  it('does not if that stage was slow', () => {
    expect(lateAfter(0)).toBeCloseTo(60.01, 9);
    expect(lateAfter(4)).toBeCloseTo(60.01, 9);
    expect(lateAfter(4, true)).toBeCloseTo(60.01, 9);
  });
});

describe('the newest request that waits', () => {
  const twoStages = (standbyOf: 'a' | 'b'): DispatchPolicy => ({
    ...withStandby(),
    stages: ['a', 'b'].map((name) => ({
      ...stage(name, 1, 0, 20),
      ...(name === standbyOf && { standby: { serviceMs: () => 5 } }),
    })),
  });

  it('may wait for another row of the same workers', () => {
    const dispatch = new Dispatch(twoStages('b'), [{ id: 'w', rows: [0, 1, 5] }]);
    dispatch.arrive(0, 0);
    dispatch.poll(0);
    dispatch.arrive(1, 20);
    dispatch.arrive(2, 20);
    dispatch.completed(0, [1], 20);
    // Request 2 can make its SLA at 120 ms behind 60 ms of work; request 0, whose SLA ends at 100 ms, could not behind 80 ms.
    expect(started(dispatch.poll(20))[0]).toBe('w/1: 0');
  });

  it('may wait for a later stage than an older one', () => {
    const dispatch = new Dispatch(twoStages('a'), []);
    dispatch.arrive(0, 0);
    dispatch.arrive(1, 30, 1);
    dispatch.workerAdded({ id: 'w', rows: [0, 1, 4] });
    expect(started(dispatch.poll(45))).toEqual(['w/0: 0']);
  });

  it('does not wait for what other workers let through no faster', () => {
    const dispatch = new Dispatch(twoStages('b'), [
      { id: 'w', rows: [0] },
      { id: 'v', rows: [1, 5] },
    ]);
    dispatch.arrive(0, 0);
    dispatch.poll(0);
    for (let id = 1; id < 10; id++) dispatch.arrive(id, 20);
    dispatch.completed(0, [1], 20);
    expect(started(dispatch.poll(20))[0]).toBe('v/1: 0');
  });

  it('is none if all that wait are tried alone after a failure', () => {
    const [a] = withStandby().stages;
    const policy = { ...withStandby(), stages: [{ ...a!, batch: 2 }] };
    const dispatch = new Dispatch(policy, [{ id: 'w', rows: [0, 2] }]);
    dispatch.arrive(0, 0);
    dispatch.arrive(1, 0);
    dispatch.poll(0);
    dispatch.failed(0, 5);
    expect(started(dispatch.poll(5))).toEqual(['w/0: 0']);
  });
});

describe('a cascade', () => {
  /** Makes a dispatch of requests whose light answers were unsure, and adds a worker for the heavy variant. */
  const escalated = (downshift: boolean, requests: number) => {
    const dispatch = new Dispatch(withCascade(downshift), [{ id: 'light', rows: [0] }]);
    for (let id = 0; id < requests; id++) dispatch.arrive(id, 0);
    for (let batch = 0; batch < requests; batch++) {
      dispatch.poll(0);
      dispatch.completed(batch, [{ otherwise: 1 }], 0);
    }
    dispatch.workerAdded({ id: 'heavy', rows: [2] });
    return dispatch;
  };

  it('goes on to the heavy variant while the newest request can wait for it', () => {
    expect(started(escalated(true, 2).poll(5))).toEqual(['heavy/2: 0', 'heavy/2: 1']);
  });

  it('lets light answers stand until the newest request can wait for the rest', () => {
    const dispatch = escalated(true, 4);
    const actions = dispatch.poll(5);
    const settled = actions.flatMap((action) => (action.kind === 'settle' ? [action.item.request] : []));
    expect(settled).toEqual([0, 1]);
    expect(started(actions)).toEqual(['heavy/2: 2', 'heavy/2: 3']);
    expect(dispatch.queued).toEqual([0, 0, 2]);
  });

  it('names the item and its children, which follow from the light answer', () => {
    const [settle] = escalated(true, 4).poll(5);
    expect(settle).toMatchObject({ kind: 'settle', item: { row: 2, parent: 0, index: 0 }, children: 1 });
  });

  it('sheds instead without downshift', () => {
    const dispatch = escalated(false, 4);
    expect(started(dispatch.poll(5))).toEqual(['heavy/2: 0', 'heavy/2: 1']);
    expect(ended(dispatch.poll(56))).toEqual(['2 shed', '3 shed']);
  });

  it('lets an answer stand when the heavy variant would be late, though no worker is free', () => {
    const dispatch = new Dispatch(withCascade(true), [{ id: 'w', rows: [0, 2] }]);
    dispatch.arrive(0, 0);
    dispatch.poll(0);
    dispatch.completed(0, [{ otherwise: 0 }], 5);
    dispatch.workerLost('w');
    dispatch.poll(5);
    expect(ended(dispatch.poll(dispatch.nextWakeMs()!))).toEqual(['0 completed']);
  });
});
