import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../agent/ipa-agent.js', import.meta.url));

/** A process that runs `ipa-agent serve` on a free port. */
export interface Served {
  readonly url: string;
  readonly pid: number;
  stop(): void;
}

/** @throws Error with the agent's stderr if it ends before it listens */
export async function startServing(plan: string): Promise<Served> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--plan', plan, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as { event: string; url?: string };
      if (told.event === 'listening') resolve(told.url!);
    });
    child.once('close', (code) => reject(new Error(`ipa-agent serve ended with ${code}: ${said}`)));
  });
  return {
    url,
    pid: child.pid!,
    stop: () => void child.kill('SIGTERM'),
  };
}
