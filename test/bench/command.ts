import { type ChildProcess, spawn } from 'node:child_process';
import { IPA_EDGE } from '../compiled.ts';

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
