/**
 * A timer precise enough for an SLA of 50 ms. In browsers `setTimeout` fires up to 4 ms late. The timeout of `Atomics.waitAsync`
 * ends within a fraction of a millisecond, but needs shared memory and so a cross-origin isolated page. Browsers on WebKitGTK have
 * no shared memory even there.
 */
const waitAsync = (Atomics as { waitAsync?: WaitAsync }).waitAsync;
type WaitAsync = (cell: Int32Array, index: 0, value: 0, ms: number) => { value: Promise<unknown> | string };

const cell =
  globalThis.crossOriginIsolated && globalThis.SharedArrayBuffer && waitAsync
    ? new Int32Array(new SharedArrayBuffer(4))
    : undefined;

/** `setTimeout` for any time: it caps the time at 2³¹ − 1 ms, because a longer timer would fire at once. */
export const timerIn = (ms: number, task: () => void) => setTimeout(task, Math.min(ms, 2 ** 31 - 1));

/** If a timer is later than this, everything may have stood still meanwhile, as after Ctrl-Z or `docker pause`. */
const STOOD_STILL_MS = 200;

/**
 * Calls `task` when work has taken `ms` and so counts as hung. If everything may have stood still, the work gets the time once more.
 * It gets the time only once, because in a hidden page every timer is late.
 * @returns a function that cancels the call
 */
export function whenHung(ms: number, task: () => void): () => void {
  let timer: ReturnType<typeof timerIn>;
  const wait = (isFirst: boolean) => {
    const dueMs = performance.now() + ms;
    timer = timerIn(ms, () => {
      if (isFirst && performance.now() - dueMs > STOOD_STILL_MS) wait(false);
      else task();
    });
  };
  wait(true);
  return () => clearTimeout(timer);
}

/** Calls `task` once, after `ms`. @returns a function that cancels the call */
export function after(ms: number, task: () => void): () => void {
  if (!cell) {
    const timer = timerIn(ms, task);
    return () => clearTimeout(timer);
  }
  let cancelled = false;
  const fire = () => {
    if (!cancelled) task();
  };
  void Promise.resolve(waitAsync!(cell, 0, 0, Math.max(0, ms)).value).then(fire);
  return () => {
    cancelled = true;
  };
}

/** A timer that can be set again: only the time that was set last counts. */
export class Alarm {
  #dueMs: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(private readonly ring: () => void) {}

  /** Sets the time of the next call, instead of the one set before. @param dueMs in `performance.now()`; undefined: no call */
  set(dueMs: number | undefined): void {
    if (dueMs === this.#dueMs) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    this.#cancel =
      dueMs === undefined
        ? undefined
        : after(dueMs - performance.now(), () => {
            this.#dueMs = undefined;
            this.ring();
          });
  }
}

/** Waits until a time. Timers may fire up to a millisecond early, so the clock is checked again. An abort ends the wait. */
export async function sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const wait = dueMs - performance.now();
    if (wait <= 0 || signal?.aborted) return;
    await sleep(wait, signal);
  }
}

/** Does work, but no longer waits for it when the signal aborts. @throws the signal's reason, and errors of the work */
export async function unlessAborted<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  const waited = new AbortController();
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { signal: waited.signal }),
  );
  return Promise.race([work(), aborted]).finally(() => waited.abort());
}

/**
 * Does work, and calls `end` after it. If the signal aborts, it calls `end` at once, which must make the work fail.
 * @throws the signal's reason if it has aborted, and otherwise the errors of the work
 */
export async function untilEnd<T>(
  end: () => void,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.addEventListener('abort', end);
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    // After an abort, the work failed because of `end`, so the abort's reason replaces the work's own error.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const stop = () => {
      cancel();
      resolve();
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Waits until work has ended or failed, but for at most `ms`. An abort ends the wait. @returns whether the work has settled */
export async function untilSettled(
  work: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const settled = new AbortController();
  const wake = () => settled.abort();
  work.then(wake, wake);
  // The end of the work cancels the timer, because Node does not exit while a timer runs.
  await sleep(ms, AbortSignal.any([settled.signal, signal]));
  return settled.signal.aborted;
}
