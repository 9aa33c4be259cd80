import type { StartWorker } from '../../workers/executor/start-worker.ts';

/**
 * Starts what a command serves with. If the signal aborts meanwhile, ends the workers that load, because nothing was accepted yet.
 * @param start gets a `startWorker` whose workers the signal ends only until `start` has ended: later ones run what was accepted
 * @throws the signal's reason if it aborts before `start` has ended, and the errors of `start`
 */
export async function startUntil<T>(
  signal: AbortSignal,
  startWorker: StartWorker,
  start: (startWorker: StartWorker) => Promise<T>,
): Promise<T> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    return await start((id, planWorker, plan, ended) =>
      startWorker(id, planWorker, plan, AbortSignal.any(ended ? [ended, stopped.signal] : [stopped.signal])),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
