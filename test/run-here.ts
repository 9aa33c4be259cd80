import { format } from 'node:util';
import { vi } from 'vitest';

export interface RanHere {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the command has written, whether to stdout or to stderr. */
  readonly text: string;
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs a command of a program in this process, which saves the start of another: one command at a time.
 * @param run runs the command, and returns its exit code
 * @param env variables that are set meanwhile
 * @param lastText a text after which the command gets SIGTERM; absent: the command ends by itself
 */
export async function runHere(
  run: () => Promise<number>,
  { env = {}, lastText }: { env?: Readonly<Record<string, string>>; lastText?: string | undefined },
): Promise<RanHere> {
  const heard = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  const own = (signal: (typeof SIGNALS)[number]) =>
    process.listeners(signal).filter((listener) => !heard.get(signal)!.includes(listener));
  const written = { stdout: '', stderr: '', text: '' };
  let isTold = false;
  const write = (to: 'stdout' | 'stderr') => (text: string | Uint8Array) => {
    written[to] += text;
    written.text += text;
    if (!isTold && lastText !== undefined && written.text.includes(lastText)) {
      isTold = true;
      for (const listener of own('SIGTERM')) listener('SIGTERM');
    }
    return true;
  };
  const line = (to: 'stdout' | 'stderr') => {
    const print = write(to);
    return (...said: unknown[]) => void print(`${format(...said)}\n`);
  };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(line('stdout')),
    vi.spyOn(console, 'error').mockImplementation(line('stderr')),
    ...(['stdout', 'stderr'] as const).map((to) =>
      vi.spyOn(process[to], 'write').mockImplementation(write(to)),
    ),
  ];
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    const code = await run();
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
    for (const signal of SIGNALS) for (const listener of own(signal)) process.off(signal, listener);
  }
}
