import { expect, onTestFinished, test, vi } from 'vitest';
import { interruptSignal } from '../../../workers/command/exit.ts';

test('a signal that is sent twice at once, as `timeout` sends it, asks to stop; the next one ends the process', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const heard = new Map<unknown, () => void>();
  const on = vi.spyOn(process, 'on').mockImplementation((name, listener) => {
    heard.set(name, listener as () => void);
    return process;
  });
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => {
    for (const spy of [now, exit, on, said]) spy.mockRestore();
  });
  const signal = interruptSignal();
  heard.get('SIGTERM')!();
  now.mockReturnValue(1020);
  heard.get('SIGTERM')!();
  expect(signal.aborted).toBe(true);
  expect(said).toHaveBeenCalledTimes(1);
  expect(exit).not.toHaveBeenCalled();
  now.mockReturnValue(1500);
  heard.get('SIGTERM')!();
  expect(exit).toHaveBeenCalledWith(130);
});
