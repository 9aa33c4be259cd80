import { format } from 'node:util';
import { vi } from 'vitest';
import { COMMANDS, ipaAgent } from '../../agent/program.ts';
import { runCommand } from '../../workers/command/program.ts';
import { IPA_AGENT } from '../compiled.ts';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the command has written, whether to stdout or to stderr. */
  readonly text: string;
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs `ipa-agent` in this process, which saves the start of another: one command at a time.
 * @param lastText a text after which the command gets SIGTERM; absent: the command ends by itself
 */
export async function ipaAgentHere(args: readonly string[], lastText?: string): Promise<Ran> {
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
  try {
    const code = await runCommand(ipaAgent(), COMMANDS, [process.execPath, IPA_AGENT, ...args]);
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const signal of SIGNALS) for (const listener of own(signal)) process.off(signal, listener);
  }
}
