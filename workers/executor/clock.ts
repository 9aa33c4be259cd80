interface Scheduler {
  postTask(
    task: () => void,
    options: { delay: number; signal: AbortSignal; priority: string },
  ): Promise<void>;
}

/**
 * Calls `task` once after `ms`; returns what cancels it. Where there is a scheduler, it is used: chained
 * `setTimeout`s are held to 4 ms in browsers, which is much against an SLA of 50 ms.
 */
export function after(ms: number, task: () => void): () => void {
  const { scheduler } = globalThis as { scheduler?: Partial<Scheduler> };
  if (!scheduler?.postTask) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  }
  const controller = new AbortController();
  scheduler
    .postTask(task, { delay: Math.max(0, ms), signal: controller.signal, priority: 'user-blocking' })
    .catch(() => {}); // cancelled
  return () => controller.abort();
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
