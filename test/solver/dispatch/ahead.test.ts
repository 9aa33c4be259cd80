import { describe, expect, it } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import type { Action, DispatchPolicy, DispatchWorker } from '../../../solver/dispatch/types.ts';

const SERVICE_MS = 10;

/** Makes a policy of stages `a` and `b` with batches of 2, which may wait longer than any test lasts. */
const policy = (slaMs: number, shedding: DispatchPolicy['shedding']): DispatchPolicy => ({
  slaMs,
  shedding,
  stages: ['a', 'b'].map((name) => ({ name, batch: 2, maxWaitMs: 1000, serviceMs: () => SERVICE_MS })),
});

const own: DispatchWorker[] = [
  { id: 'w', rows: [0] },
  { id: 'v', rows: [1] },
];

const batches = (actions: readonly Action[]): string[] =>
  actions.flatMap((action) =>
    action.kind === 'start' ? [`${action.worker}: ${action.items.map((i) => i.request).join(' ')}`] : [],
  );

function send(
  requests: number,
  workers: DispatchWorker[] = own,
  slaMs = 10_000,
  shedding: DispatchPolicy['shedding'] = 'never',
) {
  const dispatch = new Dispatch(policy(slaMs, shedding), workers);
  for (let request = 1; request <= requests; request++) dispatch.arrive(request, 0);
  return { dispatch, started: batches(dispatch.poll(0)) };
}

describe('handing over ahead', () => {
  it('gives a busy worker one full batch more, and no third', () => {
    const { dispatch, started } = send(6);
    expect(started).toEqual(['w: 1 2', 'w: 3 4']);
    dispatch.completed(0, [0, 0], 10);
    expect(batches(dispatch.poll(10))).toEqual(['w: 5 6']);
  });

  it('hands over nothing that is not full', () => {
    expect(send(3).started).toEqual(['w: 1 2']);
  });

  it('leaves a batch in the queue where another worker could take it sooner', () => {
    const { started } = send(6, [...own, { id: 'u', rows: [0] }]);
    expect(started).toEqual(['w: 1 2', 'u: 3 4']);
  });

  describe('where one worker holds both stages', () => {
    const both: DispatchWorker[] = [{ id: 'w', rows: [0, 1] }];

    it('leaves a batch in the queue that children of what runs come before', () => {
      expect(send(4, both).started).toEqual(['w: 1 2']);
    });

    it('hands it over where it is so short that they hardly wait for it', () => {
      expect(send(4, both, 20 * SERVICE_MS, 'late').started).toEqual(['w: 1 2', 'w: 3 4']);
      expect(send(4, both, 19 * SERVICE_MS, 'late').started).toEqual(['w: 1 2']);
    });

    it('hands it over where what runs is of the last stage', () => {
      const { dispatch } = send(4, both);
      dispatch.completed(0, [1, 1], SERVICE_MS);
      expect(batches(dispatch.poll(SERVICE_MS))).toEqual(['w: 1 2', 'w: 3 4']);
    });
  });

  it('leaves a batch in the queue that might have to be shed by then', () => {
    // Each of two batches needs 10 ms in two stages. In 30 ms both can end; in 29 ms the second one would have to be shed.
    expect(send(4, own, 30, 'late').started).toEqual(['w: 1 2', 'w: 3 4']);
    expect(send(4, own, 29, 'late').started).toEqual(['w: 1 2']);
    expect(send(4, own, 29, 'never').started).toEqual(['w: 1 2', 'w: 3 4']);
  });

  it('counts no loss for a batch that its lost worker had not begun', () => {
    const { dispatch } = send(4);
    const ends: string[] = [];
    let worker = 'w';
    for (let loss = 1; loss <= 3; loss++) {
      dispatch.workerLost(worker);
      worker = `w${loss}`;
      dispatch.workerAdded({ id: worker, rows: [0] });
      for (const action of dispatch.poll(loss))
        if (action.kind === 'end') ends.push(`${action.request} ${action.outcome}`);
    }
    // All three workers had the batch of 3 and 4, but only as their next one.
    expect(ends).toEqual(['1 failed']);
  });
});
