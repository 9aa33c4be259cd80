import { expect, test } from 'vitest';
import { startUntil } from '../../agent/service/start-until.ts';
import type { ExecutorWorker, StartWorker } from '../../workers/executor/start-worker.ts';
import { planOf } from './serving.ts';

const plan = planOf({ workers: [['detect', 'classify']] });
const [planWorker] = plan.workers;

/** Starts a worker that loads until its signal aborts. */
const loading: StartWorker = (_id, _planWorker, _plan, signal) =>
  new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(new Error('ended'))));

test('a worker that loads when the command is stopped is ended, and the reason is that of the stop', async () => {
  const stop = new AbortController();
  const started = startUntil(stop.signal, loading, (start) => start('one', planWorker!, plan));
  stop.abort(new Error('stopped'));
  await expect(started).rejects.toThrow('stopped');
});

test('a worker that replaces another one after the start is ended by its own signal alone', async () => {
  const [stop, own] = [new AbortController(), new AbortController()];
  const start = await startUntil(stop.signal, loading, async (startWorker) => startWorker);
  let ended = false;
  const replacing: Promise<ExecutorWorker> = start('two', planWorker!, plan, own.signal);
  replacing.catch(() => {
    ended = true;
  });
  stop.abort();
  await Promise.resolve();
  expect(ended).toBe(false);
  own.abort();
  await expect(replacing).rejects.toThrow('ended');
});
