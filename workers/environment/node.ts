import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { Duplex } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pipeEndpoint } from '../stage/pipe.ts';
import { type RawWorker, StageWorker } from '../stage/stage-worker.ts';
import type { Environment } from './environment.ts';
import { hasGpu } from './gpu.js';

const WORKER = fileURLToPath(new URL('../stage/worker.node.ts', import.meta.url));

/** Names of environment variables that workers do not get, because workers run models of any origin and need no secrets. */
const SECRET = /(TOKEN|SECRET|PASSWORD|KEY)$/i;

/** The running child processes. This process kills them when it exits, because a suspended child cannot notice the exit. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** CPU time of this process in milliseconds, without that of its children. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Starts a child process that runs a worker's file. */
export function spawnWorker(file: string): RawWorker {
  // In a checkout the file is TypeScript, so Node needs tsx to run it.
  const loader = file.endsWith('.ts')
    ? ['--import', pathToFileURL(createRequire(file).resolve('tsx')).href]
    : [];
  const child = spawn(process.execPath, [...loader, file], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET.test(name))),
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      // A child that this process did not kill was usually killed by the system, for lack of memory.
      const why = signal === 'SIGKILL' && !child.killed ? ', as the system does when memory runs out' : '';
      resolve(signal ? `killed by ${signal}${why}` : `exit code ${code}`);
    });
    child.once('error', (error) => resolve(error.message));
  });
  // If this process has no file descriptor left, Node makes no pipes, and `gone` reports why.
  const pipe = (child.stdio?.[3] ?? new Duplex({ read() {}, write() {} })) as Duplex;
  // Writing to a child that has just died raises an error here; `gone` reports that end.
  pipe.on('error', () => {});
  return { endpoint: pipeEndpoint(pipe), gone, terminate: () => void child.kill('SIGKILL') };
}

/**
 * The environment of Node: stage workers are child processes, so that a worker can be killed in the middle of a run.
 * @param pod whether this process runs in a pod. In a pod, all cores of the machine are reported, because
 * `availableParallelism()` follows the pod's CPU limit, which differs between the pods of a plan.
 */
export function nodeEnvironment({ pod = false }: { readonly pod?: boolean } = {}): Environment {
  const logicalCores = pod ? cpus().length : availableParallelism();
  return {
    reference: 'cpu',
    logicalCores,
    cpuMs,
    hidden: () => false,
    visible: async () => {},
    spawn: (id, threads, signal) => StageWorker.start(id, spawnWorker(WORKER), threads, signal),
    async describe(runtime) {
      return {
        environment: 'node',
        agent: `Node ${process.versions.node}`,
        platform: `${platform()} ${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`,
        logicalCores,
        // onnxruntime-node does not report which adapter it uses.
        adapter: { vendor: '', architecture: '', description: '', software: !hasGpu() },
        ...runtime,
      };
    },
    async unavailable(backend) {
      if (backend === 'wasm') return 'Node runs the cpu backend instead';
      if (backend === 'cuda' && !hasGpu()) return 'this machine has no NVIDIA GPU';
      return null;
    },
  };
}
