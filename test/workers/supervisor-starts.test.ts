import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeWorker, type Job, pass, setUp } from './supervised.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const hangingStart = async (_id: string, _job: Job, signal: AbortSignal): Promise<never> => {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw new Error('it was terminated');
};

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
