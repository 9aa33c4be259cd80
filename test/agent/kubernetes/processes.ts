import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { localTarget } from '../../../agent/service/target.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { nodeEnvironment } from '../../../workers/environment/node.ts';
import { IPA_AGENT } from '../../compiled.ts';
import { folderOfTest } from '../../temporary-folder.ts';
import { clusterPlan, fashion } from './objects/plans.ts';

/** Makes a plan for this machine: one pod of detect, two of classify. */
export async function planHere(change: Partial<Plan> = {}): Promise<Plan> {
  const { device } = await localTarget(fashion, nodeEnvironment());
  const plan = clusterPlan();
  return {
    ...plan,
    slaMs: 20_000,
    profile: { ...plan.profile, device },
    stages: plan.stages.map((stage) => ({ ...stage, threads: 1, maxWaitMs: 2 })),
    workers: plan.workers.map((worker) => ({ ...worker, threads: 1 })),
    ...change,
  };
}

export interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  /** The lines that the process has written. */
  readonly lines: string[];
  readonly ended: Promise<number | null>;
}

/** Where a command runs, and until when. */
interface Place {
  /** Path of the command in another copy of the package; absent: the checkout's. */
  readonly entry?: string;
  readonly cwd?: string;
  /** A program, with its arguments, that starts Node; absent: Node starts directly. */
  readonly under?: readonly string[];
  readonly atEnd?: (end: () => Promise<void>) => void;
}

/**
 * Runs `ipa-agent` with arguments. `atEnd` gets the function that kills the process; by default the end of the test calls this
 * function.
 */
export function startCommand(
  args: readonly string[],
  env: Record<string, string> = {},
  { entry = IPA_AGENT, cwd, under = [], atEnd = onTestFinished }: Place = {},
): Omit<Running, 'url'> {
  const [program, ...rest] = [...under, process.execPath, entry, ...args];
  const child = spawn(program!, rest, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  return { process: child, lines, ended };
}

/** Runs `ipa-agent` and waits until it listens. Rejects with its output if it ends before. */
export async function startAgent(
  args: readonly string[],
  env: Record<string, string> = {},
  place: Place = {},
): Promise<Running> {
  const command = startCommand(args, env, place);
  let code: number | null | undefined;
  void command.ended.then((ended) => {
    code = ended;
  });
  for (;;) {
    const url = command.lines.map((line) => / on (http:\S+)$/.exec(line)?.[1]).find(Boolean);
    if (url) return { ...command, url };
    if (code !== undefined) throw new Error(`it ended with ${code}:\n${command.lines.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const TOKEN = 'a-token-of-the-tests';

/**
 * Runs a pod of one or more stages as a process on a loopback address.
 * @param tokenFile file with the pod's token; absent: `TOKEN`
 */
export async function startPod(
  plan: Plan,
  stages: string | readonly string[],
  {
    address = '127.0.0.1',
    port = 0,
    tokenFile,
    ...place
  }: Place & { address?: string; port?: number; tokenFile?: string | undefined } = {},
): Promise<Running> {
  const folder = folderOfTest();
  const file = join(folder, 'plan.json');
  await writeFile(file, JSON.stringify(plan));
  const held = [stages].flat().flatMap((stage) => ['--stage', stage]);
  const args = ['stage', '--plan', file, ...held, '--host', address, '--port', String(port)];
  return tokenFile === undefined
    ? startAgent(args, { IPA_AGENT_TOKEN: TOKEN }, place)
    : startAgent([...args, '--token-file', tokenFile], {}, place);
}
