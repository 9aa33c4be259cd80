import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'vitest';
import { COMMANDS, ipaEdge as program } from '../../bench/program.ts';
import { runCommand } from '../../workers/command/program.ts';
import { IPA_EDGE } from '../compiled.ts';
import { type RanHere, runHere } from '../run-here.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ipa-edge` as a user does; `meanwhile` may watch and signal it. @param command of another copy of the package */
export function ipaEdge(
  args: readonly string[],
  meanwhile?: (child: ChildProcess) => void,
  env: Readonly<Record<string, string>> = {},
  command = IPA_EDGE,
): Promise<Ran> {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  meanwhile?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** For `meanwhile`: acts on the command's process once the condition is true. */
export const onceTrue =
  (condition: () => boolean, act: (child: ChildProcess) => void) => (child: ChildProcess) => {
    const watch = setInterval(() => {
      if (!condition()) return;
      clearInterval(watch);
      act(child);
    }, 20);
    child.once('close', () => clearInterval(watch));
  };

/** Runs `ipa-edge` as {@link runHere} does. */
export const ipaEdgeHere = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RanHere> =>
  runHere(() => runCommand(program(), COMMANDS, [process.execPath, IPA_EDGE, ...args]), { env });

/** Runs `ipa-edge` as {@link ipaEdgeHere} does, and expects that it refuses its input with exit code 2. @returns what it says */
export async function refusal(...asked: Parameters<typeof ipaEdgeHere>): Promise<string> {
  const { code, stderr } = await ipaEdgeHere(...asked);
  expect(code, stderr).toBe(2);
  return stderr;
}
