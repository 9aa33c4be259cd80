import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ItemBatch } from '../../models/items/item-batch.ts';
import { DeviceLostError, WorkerLostError } from '../../workers/runtime/errors.ts';
import { done, pass, setUp } from './supervised.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const items: ItemBatch = { lengths: [1], bytes: new Uint8Array(1) };

test('a lost worker is reported once and replaced', async () => {
  const { add, events, ids } = setUp();
  const { worker, member } = await add('a');
  worker.lose('killed');
  await pass(0);
  expect(worker.terminated).toBe(true);
  expect(member.lost).toBe(true);
  expect(events).toEqual(['a~0 lost: killed', 'a~1 replaces']);
  expect(ids()).toEqual(['a~1']);
});

test.each([
  ['a lost worker', new WorkerLostError('a~0', 'killed'), 'a~0 lost: killed'],
  ['a lost device', new DeviceLostError('reset'), 'a~0 lost: The GPU device was lost (reset)'],
])('a batch that fails for %s reports the loss before it rejects', async (_, error, told) => {
  const { supervisor, add, events } = setUp();
  const { member, worker } = await add('a');
  const run = supervisor
    .run(member, 1, 0, () => member.worker.run('stage', items))
    .catch(() => [...events, member.lost]);
  worker.fail(error);
  expect(await run).toEqual([expect.stringContaining(told), true]);
});

test('a batch that fails for its items leaves the worker', async () => {
  const { supervisor, add, events, ids } = setUp();
  const { member, worker } = await add('a');
  const run = supervisor.run(member, 1, 0, () => member.worker.run('stage', items));
  worker.fail(new Error('not an image'));
  await expect(run).rejects.toThrow('not an image');
  await pass(0);
  expect(member.inFlight).toBe(0);
  expect([events, ids()]).toEqual([[], ['a~0']]);
});

test('a worker that hangs is ended: after `hungTimes` of what it should take, and not before `hungMs`', async () => {
  const { supervisor, add } = setUp();
  for (const [expectedMs, limitMs] of [
    [1, 500],
    [100, 1000],
  ] as const) {
    const { member, worker } = await add('a');
    const run = supervisor
      .run(member, expectedMs, 0, () => member.worker.run('stage', items))
      .catch(() => {});
    await pass(limitMs - 1);
    expect(worker.terminated).toBe(false);
    await pass(1);
    expect(worker.terminated).toBe(true);
    worker.fail(new WorkerLostError(member.id, 'it was terminated'));
    await run;
  }
  // The supervisor stops watching a batch that ends in time.
  const { member, worker } = await add('b');
  const run = supervisor.run(member, 1, 0, () => member.worker.run('stage', items));
  worker.complete();
  expect(await run).toBe(done);
  await pass(10_000);
  expect(worker.terminated).toBe(false);
});

test('a worker whose batch took long because everything stood still, as after Ctrl-Z, gets the time to end it once more', async () => {
  const { supervisor, add } = setUp();
  const { member, worker } = await add('a');
  void supervisor.run(member, 1, 0, () => member.worker.run('stage', items)).catch(() => {});
  await pass(499);
  const now = performance.now.bind(performance);
  let stoodStillMs = 10_000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + stoodStillMs);
  await pass(500);
  expect(worker.terminated).toBe(false);
  // In a hidden page the next timer is late, too.
  stoodStillMs += 1000;
  await pass(1);
  expect(worker.terminated).toBe(true);
  clock.mockRestore();
});

test('a batch in the queue of a worker has the time of the batch before it, too', async () => {
  const { supervisor, add, events } = setUp();
  const { member, worker } = await add('a');
  const runs = [1000, 1].map((expectedMs) =>
    supervisor.run(member, expectedMs, 0, () => member.worker.run('stage', items)).catch(() => {}),
  );
  await pass(9999);
  expect([member.overdue, worker.terminated]).toEqual([true, false]);
  worker.complete();
  await runs[0];
  await pass(10);
  expect(worker.terminated).toBe(false);
  await pass(1);
  expect(worker.terminated).toBe(true);
  expect(events[0]).toBe('a~0 lost: a batch took far longer than expected');
});

test('a retired worker ends when its last batch is back, is not reported as lost and not replaced', async () => {
  const { supervisor, add, events, startWorker, ids } = setUp();
  const { member, worker } = await add('a');
  const runs = [1, 2].map(() => supervisor.run(member, 1, 0, () => member.worker.run('stage', items)));
  supervisor.retire(member.id);
  worker.complete();
  await runs[0];
  expect([worker.terminated, ids()]).toEqual([false, ['a~0']]);
  worker.complete();
  await runs[1];
  await pass(10_000);
  expect([worker.terminated, ids(), events]).toEqual([true, [], []]);
  expect(startWorker).toHaveBeenCalledTimes(1);
});

test('a retired worker that is lost with a batch in flight is reported and not replaced', async () => {
  const { supervisor, add, events, startWorker } = setUp();
  const { member, worker } = await add('a');
  const run = supervisor.run(member, 1, 0, () => member.worker.run('stage', items)).catch(() => {});
  supervisor.retire(member.id);
  worker.lose('killed');
  worker.fail(new WorkerLostError(member.id, 'killed'));
  await run;
  await pass(10_000);
  expect(events).toEqual(['a~0 lost: killed']);
  expect(startWorker).toHaveBeenCalledTimes(1);
});

test('a worker is overdue from the SLA on until its batch comes back, and hangs after five SLAs', async () => {
  const { supervisor, add } = setUp();
  const { member, worker } = await add('a');
  const run = supervisor.run(member, 1, 2000, () => member.worker.run('stage', items));
  await pass(1999);
  expect(member.overdue).toBe(false);
  await pass(1);
  expect(member.overdue).toBe(true);
  worker.complete();
  await run;
  expect(member.overdue).toBe(false);

  void supervisor.run(member, 1, 2000, () => member.worker.run('stage', items)).catch(() => {});
  await pass(9999);
  expect([member.overdue, worker.terminated]).toEqual([true, false]);
  await pass(1);
  expect(worker.terminated).toBe(true);
});

test('under a long SLA a worker hangs after half a minute', async () => {
  const { supervisor, add } = setUp();
  const { member, worker } = await add('a');
  void supervisor.run(member, 1, 60_000, () => member.worker.run('stage', items)).catch(() => {});
  await pass(29_999);
  expect(worker.terminated).toBe(false);
  await pass(1);
  expect(worker.terminated).toBe(true);
});

test('a worker is not ended at once for an SLA and a time that no timer can wait for', async () => {
  const { supervisor, add } = setUp();
  const { member, worker } = await add('a');
  void supervisor.run(member, 1e12, 1e12, () => member.worker.run('stage', items)).catch(() => {});
  await pass(10_000);
  expect([member.overdue, worker.terminated]).toEqual([false, false]);
});

test.each([
  ['killed', 'was lost: killed. Try'],
  ['It ended.', 'was lost: It ended. Try'],
  ['Is it up?', 'was lost: Is it up? Try'],
])('the error of a worker that was lost for the reason %j has one mark after the reason', (reason, text) => {
  expect(new WorkerLostError('a', reason).message).toContain(text);
});
