import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../workers/executor/clock.ts';
import type { ExecutorWorker, StartWorker } from '../../workers/executor/start-worker.ts';
import type { RequestAnswer } from '../../workers/executor/types.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';
import { fakeClock } from '../fake-clock.ts';
import { outcomes, start, submit, times } from './executors.ts';

describe('on a clock that the test turns, with workers that take 20 ms a batch', () => {
  fakeClock();

  test('a sleep of more milliseconds than a timer takes does not end at once', async () => {
    const ended = new AbortController();
    let slept = false;
    const sleeping = sleep(2 ** 31, ended.signal).then(() => {
      slept = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(slept).toBe(false);
    ended.abort();
    await sleeping;
  });

  const BATCH_MS = 20;

  /** Starts a stand-in for a worker, whose batches take `BATCH_MS` and give each item one child. */
  const startWorker: StartWorker = async (_id, { threads }) => ({
    info: { name: 'stand-in', version: '0', threads } as unknown as ExecutorWorker['info'],
    lost: new Promise(() => {}),
    async run(_stage, items): Promise<StageRun> {
      await sleep(BATCH_MS);
      return {
        results: Array(items.lengths.length).fill(null),
        children: items,
        childCounts: Array(items.lengths.length).fill(1),
      };
    },
    terminate() {},
  });

  test('under overload late requests are shed, and the others make the SLA', async () => {
    const slaMs = 250;
    const { executor } = await start(
      { workers: [['detect', 'classify']], batch: 4, slaMs, shedding: 'late', batchMs: BATCH_MS },
      { startWorker },
    );
    // The worker answers four requests with two batches, in 40 ms: 100 requests/s. Four times as many arrive.
    const answers: Promise<RequestAnswer>[] = [];
    for (let i = 0; i < 800; i++) {
      answers.push(submit(executor, i));
      await vi.advanceTimersByTimeAsync(2.5);
    }
    await vi.advanceTimersByTimeAsync(slaMs);
    const all = await Promise.all(answers);
    executor.close();
    const completed = all.filter(({ outcome }) => outcome === 'completed');
    expect(outcomes(all)).toEqual({ completed: completed.length, shed: 800 - completed.length });
    expect(completed.length).toBeGreaterThan(150);
    for (const { latencyMs } of completed) expect(latencyMs).toBeLessThanOrEqual(slaMs);
  });

  test('a batch that hangs ends its worker, and another one runs it', async () => {
    let started = 0;
    let endedMs = 0;
    const { executor, events } = await start(
      { workers: [['detect', 'classify']], batchMs: BATCH_MS, slaMs: 200 },
      {
        limits: { hungTimes: 20, hungMs: 1000 },
        startWorker: async (id, ...rest) => {
          const worker = await startWorker(id, ...rest);
          if (started++ > 0) return worker;
          const ended = new AbortController();
          const lost = new Promise<string>((resolve) =>
            ended.signal.addEventListener('abort', () => {
              endedMs = performance.now();
              resolve('it was ended');
            }),
          );
          return { ...worker, lost, terminate: () => ended.abort(), run: () => new Promise(() => {}) };
        },
      },
    );
    const startMs = performance.now();
    const answer = submit(executor, 0);
    await vi.advanceTimersByTimeAsync(5 + 1000 + 2 * (5 + BATCH_MS));
    expect((await answer).outcome).toBe('completed');
    // The batch waited 5 ms for more items, and hung for 1,000 ms.
    expect(endedMs - startMs).toBe(1005);
    expect(times(events, 'was lost')).toBe(1);
    executor.close();
  });
});
