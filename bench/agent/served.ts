import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Plan } from '../../solver/documents/plan.ts';
import { writeJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { ensureLibraryBuilt } from '../setup/built.ts';

/** The compiled command, as in the npm package. A checkout's own command has a loader, whose memory and time would count, too. */
const COMMAND = join(ROOT, 'dist/lib/agent/cli.js');
await ensureLibraryBuilt();
/** Lets the processes of a benchmark change each other's plan; it is no secret, as they listen on loopback only. */
const TOKEN = 'of-the-benchmark';

/** A process of `ipa-agent` that listens on a free port. */
export interface AgentProcess {
  readonly url: string;
  readonly pid: number;
  stop(): void;
}

/** The running commands. When this process exits, it stops those that still run. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

function spawnAgent(args: readonly string[], stdio: 'inherit' | 'pipe'): ChildProcess {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ['ignore', 'pipe', stdio],
    env: { ...process.env, IPA_AGENT_TOKEN: TOKEN },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts an ipa-agent command that serves. @throws Error with the command's output if it ends before it listens */
async function startAgent(...args: string[]): Promise<AgentProcess> {
  const child = spawnAgent([...args, '--port', '0'], 'pipe');
  let said = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const listens = / on (http:\S+)$/.exec(line);
      if (listens) resolve(listens[1]!);
    });
    child.once('close', (code) => reject(new Error(`ipa-agent ${args[0]} ended with ${code}: ${said}`)));
  });
  return { url, pid: child.pid!, stop: () => void child.kill('SIGTERM') };
}

/** Starts `ipa-agent serve`. @param file where the plan is written */
export async function startServing(plan: Plan, file: string): Promise<AgentProcess> {
  await writeJson(file, plan);
  return startAgent('serve', '--plan', file);
}

/** Runs `ipa-agent profile`; its progress goes to stderr. @throws Error if it fails */
export async function runProfile(...args: string[]): Promise<void> {
  const child = spawnAgent(['profile', ...args], 'inherit');
  child.stdout!.resume();
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`ipa-agent profile ended with ${code}.`);
}

/**
 * Starts the pods of a plan, and the gateway in front of them, as processes. The gateway cannot reach a cluster, so it uses the
 * replicas in its `--remember` file.
 * @param folder for the files of the gateway and the pods
 */
export async function startPods(plan: Plan, folder: string): Promise<AgentProcess> {
  const file = join(folder, 'plan.json');
  await writeJson(file, plan);
  const stages = plan.stages.flatMap(({ name, replicas }) => Array<string>(replicas).fill(name));
  const pods = await Promise.all(
    stages.map((stage) => startAgent('stage', '--plan', file, '--stage', stage)),
  );
  const [remembered, kubeconfig] = [join(folder, 'replicas.json'), join(folder, 'kubeconfig')];
  const replicas = pods.map(({ url }, i) => ({ stage: stages[i], state: 'ready', url }));
  await writeFile(remembered, JSON.stringify(replicas));
  await writeFile(kubeconfig, NO_CLUSTER);
  const gateway = await startAgent(
    ...['gateway', '--plan', file, '--kubeconfig', kubeconfig, '--remember', remembered],
  );
  return {
    ...gateway,
    stop() {
      for (const { stop } of [gateway, ...pods]) stop();
    },
  };
}

/** A kubeconfig of a cluster that does not answer: port 9 is reserved for the discard protocol. */
const NO_CLUSTER = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'none',
  clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:9' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  users: [{ name: 'none', user: {} }],
});
