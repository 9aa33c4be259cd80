import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { ExecutorWorker } from '../../workers/executor/start-worker.ts';
import { type Supervised, Supervisor } from '../../workers/executor/supervisor.ts';
import { DeviceLostError, WorkerLostError } from '../../workers/runtime/errors.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const items: ItemBatch = { lengths: [1], bytes: new Uint8Array(1) };
const done: StageRun = {
  results: [],
  children: { lengths: [], bytes: new Uint8Array() },
  childCounts: [0],
};

/** A worker that runs batches when the test says so. */
class FakeWorker implements ExecutorWorker {
  readonly info = {} as ExecutorWorker['info'];
  readonly lost: Promise<string>;
  lose!: (reason: string) => void;
  terminated = false;
  readonly #batches: { resolve(run: StageRun): void; reject(error: unknown): void }[] = [];

  constructor(readonly id: string) {
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  run(): Promise<StageRun> {
    return new Promise((resolve, reject) => this.#batches.push({ resolve, reject }));
  }

  complete(): void {
    this.#batches.shift()!.resolve(done);
  }

  fail(error: unknown): void {
    this.#batches.shift()!.reject(error);
  }

  terminate(): void {
    this.terminated = true;
    this.lose('it was terminated');
  }
}

type Job = 'a' | 'b';

function setUp() {
  const workers: FakeWorker[] = [];
  const startWorker = vi.fn(async (id: string, _job: Job, _signal: AbortSignal): Promise<ExecutorWorker> => {
    const worker = new FakeWorker(id);
    workers.push(worker);
    return worker;
  });
  const events: string[] = [];
  const wanted = new Set<Job>(['a', 'b']);
  const supervisor = new Supervisor<Job>({
    nameOf: (job) => job,
    startWorker,
    onLost({ id, job }, reason) {
      events.push(`${id} lost: ${reason}`);
      return job;
    },
    isWanted: (job) => wanted.has(job),
    onReplaced: ({ id }) => events.push(`${id} replaces`),
    onReplaceFailed: (job, error) => events.push(`${job} failed: ${(error as Error).message}`),
    limits: { hungTimes: 10, hungMs: 500, respawnMs: [0, 100, 1000] },
  });
  const add = async (job: Job): Promise<{ member: Supervised<Job>; worker: FakeWorker }> => {
    const [member] = await supervisor.start([job]);
    supervisor.add(member!);
    return { member: member!, worker: workers.at(-1)! };
  };
  const ids = () => supervisor.members.map(({ id }) => id);
  return { supervisor, workers, startWorker, events, wanted, add, ids };
}

/** Lets `ms` pass on the fake clock, and everything happen that is due by then. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('of several workers all start, or none stays', async () => {
  const { supervisor, workers, startWorker } = setUp();
  expect((await supervisor.start(['a', 'b'])).map(({ id }) => id)).toEqual(['a~0', 'b~1']);
  startWorker.mockRejectedValueOnce(new Error('out of memory'));
  await expect(supervisor.start(['a', 'b'])).rejects.toThrow('out of memory');
  expect(workers.map(({ id, terminated }) => [id, terminated])).toEqual([
    ['a~0', false],
    ['b~1', false],
    ['b~3', true],
  ]);
});

test('where a worker cannot start, nobody waits for another one that hangs in its start', async () => {
  const { supervisor, startWorker } = setUp();
  startWorker.mockImplementationOnce(
    (_id, _job, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  startWorker.mockRejectedValueOnce(new Error('out of memory'));
  const started = supervisor.start(['a', 'b']);
  started.catch(() => {});
  await pass(0);
  await expect(Promise.race([started, Promise.reject(new Error('it waits'))])).rejects.toThrow(
    'out of memory',
  );
});

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

test('the first failure to replace is reported; the pauses grow to the last one', async () => {
  const { add, startWorker, events } = setUp();
  const { worker } = await add('a');
  startWorker.mockRejectedValue(new Error('out of memory'));
  worker.lose('killed');
  const tries = () => startWorker.mock.calls.length - 1;
  for (const [ms, expected] of [
    [0, 1],
    [99, 1],
    [1, 2],
    [999, 2],
    [1, 3],
    [1000, 4],
  ] as const) {
    await pass(ms);
    expect(tries()).toBe(expected);
  }
  startWorker.mockImplementation(async (id) => new FakeWorker(id));
  await pass(1000);
  expect(events).toEqual(['a~0 lost: killed', 'a failed: out of memory', 'a~5 replaces']);
});

test('a job that is not wanted any more gets no replacement, even one that is being started', async () => {
  const { add, startWorker, wanted, workers, events, ids } = setUp();
  const first = await add('a');
  let started = () => {};
  startWorker.mockImplementationOnce(async (id) => {
    await new Promise<void>((resolve) => {
      started = resolve;
    });
    const worker = new FakeWorker(id);
    workers.push(worker);
    return worker;
  });
  first.worker.lose('killed');
  await pass(0);
  wanted.delete('a');
  started();
  await pass(0);
  expect(workers.at(-1)).toMatchObject({ id: 'a~1', terminated: true });
  const second = await add('a');
  second.worker.lose('killed');
  await pass(10_000);
  expect(startWorker).toHaveBeenCalledTimes(3);
  expect([events.filter((event) => event.includes('replaces')), ids()]).toEqual([[], []]);
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

test('closing ends every worker and every try, and tells those that are being started', async () => {
  const { supervisor, add, startWorker, events } = setUp();
  const { worker } = await add('a');
  const lost = await add('b');
  startWorker.mockRejectedValueOnce(new Error('out of memory'));
  lost.worker.lose('killed');
  await pass(0);
  let signal: AbortSignal | undefined;
  startWorker.mockImplementationOnce(async (id, _job, given) => {
    signal = given;
    await new Promise((resolve) => given.addEventListener('abort', resolve));
    return new FakeWorker(id);
  });
  const starting = supervisor.start(['a']);
  supervisor.close();
  expect(signal!.aborted).toBe(true);
  expect(await starting).toEqual([]);
  await pass(10_000);
  expect(worker.terminated).toBe(true);
  expect(events).toEqual(['b~1 lost: killed', 'b failed: out of memory']);
  expect(startWorker).toHaveBeenCalledTimes(4);
});

const hangingStart = async (_id: string, _job: Job, signal: AbortSignal): Promise<never> => {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw new Error('it was terminated');
};

test('a worker that hangs while it starts in place of a lost one is ended, and another one starts', async () => {
  const { add, startWorker, events } = setUp();
  const { worker } = await add('a');
  startWorker.mockImplementationOnce(hangingStart);
  worker.lose('killed');
  await pass(59_999);
  expect(events).toEqual(['a~0 lost: killed']);
  await pass(101);
  expect(events).toEqual([
    'a~0 lost: killed',
    expect.stringContaining('a failed: Worker a~1 was lost: its start took far longer'),
    'a~2 replaces',
  ]);
});

test('a worker that hangs while it starts for a further plan is ended; the first start has no limit', async () => {
  const { supervisor, startWorker } = setUp();
  const ends = vi.fn();
  const start = (job: Job) => supervisor.start([job]).catch((error) => ends(error.message));
  startWorker.mockImplementationOnce(hangingStart);
  void start('a');
  await pass(3_600_000);
  expect(ends).not.toHaveBeenCalled();
  await start('b');
  startWorker.mockImplementationOnce(hangingStart);
  void start('a');
  await pass(60_000);
  expect(ends).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('Worker a~2 was lost: its start took far longer'),
  );
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
