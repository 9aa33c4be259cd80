import { vi } from 'vitest';
import type { ExecutorWorker } from '../../workers/executor/start-worker.ts';
import { type Supervised, Supervisor } from '../../workers/executor/supervisor.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';

export const done: StageRun = {
  results: [],
  children: { lengths: [], bytes: new Uint8Array() },
  childCounts: [0],
};

/** A worker that runs batches when the test says so. */
export class FakeWorker implements ExecutorWorker {
  readonly info = {} as ExecutorWorker['info'];
  readonly lost: Promise<string>;
  lose!: (reason: string) => void;
  terminated = false;
  readonly #batches: { resolve(run: StageRun): void; reject(error: unknown): void }[] = [];

  constructor(readonly id: string) {
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  run(): Promise<StageRun> {
    return new Promise((resolve, reject) => this.#batches.push({ resolve, reject }));
  }

  complete(): void {
    this.#batches.shift()!.resolve(done);
  }

  fail(error: unknown): void {
    this.#batches.shift()!.reject(error);
  }

  terminate(): void {
    this.terminated = true;
    this.lose('it was terminated');
  }
}

export type Job = 'a' | 'b';

export function setUp() {
  const workers: FakeWorker[] = [];
  const startWorker = vi.fn(async (id: string, _job: Job, _signal: AbortSignal): Promise<ExecutorWorker> => {
    const worker = new FakeWorker(id);
    workers.push(worker);
    return worker;
  });
  const events: string[] = [];
  const wanted = new Set<Job>(['a', 'b']);
  const supervisor = new Supervisor<Job>({
    nameOf: (job) => job,
    startWorker,
    onLost({ id, job }, reason) {
      events.push(`${id} lost: ${reason}`);
      return job;
    },
    isWanted: (job) => wanted.has(job),
    onReplaced: ({ id }) => events.push(`${id} replaces`),
    onReplaceFailed: (job, error) => events.push(`${job} failed: ${(error as Error).message}`),
    limits: { hungTimes: 10, hungMs: 500, respawnMs: [0, 100, 1000] },
  });
  const add = async (job: Job): Promise<{ member: Supervised<Job>; worker: FakeWorker }> => {
    const [member] = await supervisor.start([job]);
    supervisor.add(member!);
    return { member: member!, worker: workers.at(-1)! };
  };
  const ids = () => supervisor.members.map(({ id }) => id);
  return { supervisor, workers, startWorker, events, wanted, add, ids };
}

/** Lets `ms` pass on the fake clock, and everything happen that is due by then. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
