/**
 * Makes a function whose promise resolves in a later task of the event loop, after the current task and its microtasks. Browsers
 * have no `setImmediate`, and their `setTimeout` waits 4 ms.
 */
function turns(): () => Promise<void> {
  if (typeof setImmediate === 'function') return () => new Promise((resolve) => setImmediate(resolve));
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

/** Resolves in a later task of the event loop. */
export const nextTask = turns();
