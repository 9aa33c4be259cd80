import { type ChildProcess, spawn } from 'node:child_process';
import { IPA_AGENT } from '../compiled.ts';

/** A process of `ipa-agent serve` on a free port, started as a user starts it. */
export interface AgentProcess {
  readonly child: ChildProcess;
  /** The events that the process has reported so far, an object for each line. */
  readonly told: readonly { readonly event: string; readonly [key: string]: unknown }[];
  stderr(): string;
  /** Resolves with the server's URL; rejects with the text on stderr if the process ends before it listens. */
  readonly listening: Promise<string>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts `ipa-agent serve`.
 * @param command path of the command, for a test of another copy of the package
 * @param detached whether the process leads a process group of its own, as a command in a terminal does
 */
export function ipaAgentServe(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { command = IPA_AGENT, detached = false } = {},
): AgentProcess {
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--json', ...args], {
    detached,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const told: AgentProcess['told'][number][] = [];
  let rest = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) told.push(JSON.parse(line));
      const at = told.find(({ event }) => event === 'listening');
      if (at) resolve(at.url as string);
    });
    ended.then((code) =>
      reject(new Error(`ipa-agent serve exited with ${code} before it listened: ${stderr}`)),
    );
  });
  // A test may end the process before it listens.
  listening.catch(() => {});
  return { child, told, stderr: () => stderr, listening, ended };
}
