import { DeviceLostError, message, WorkerLostError } from '../runtime/errors.ts';
import { sleep, timerIn, whenHung } from './clock.ts';
import type { ExecutorWorker } from './start-worker.ts';

/** A worker under supervision. `Job` is the type that describes what the worker is started for. */
export interface Supervised<Job> {
  readonly id: string;
  readonly job: Job;
  readonly worker: ExecutorWorker;
  /** Number of batches that the worker runs or has queued. */
  readonly inFlight: number;
  /** Expected time of all batches in flight, one after the other. */
  readonly inFlightMs: number;
  /** Whether a batch of the worker takes so long that the worker may hang. */
  readonly overdue: boolean;
  /** Whether the worker gets no more batches and ends after the current ones. */
  readonly retired: boolean;
  /** Whether the worker has ended unexpectedly, so that its batches in flight must run elsewhere. */
  readonly lost: boolean;
}

export interface SupervisorLimits {
  /** A worker is overdue while a batch takes longer than the SLA, than `overdueMs` and than this many times its expected time. */
  readonly overdueTimes: number;
  readonly overdueMs: number;
  /**
   * A worker counts as hung and is ended when a batch takes longer than {@link HUNG_SLAS}, than `hungMs` and than this many times
   * its expected time.
   */
  readonly hungTimes: number;
  readonly hungMs: number;
  /**
   * The start of a worker is ended if it takes longer than `startMs` and than `hungTimes` times the longest start so far. The first
   * start has no limit, because its models may have to be downloaded.
   */
  readonly startMs: number;
  /** Pauses before the attempts to replace a lost worker. The last pause also precedes every later attempt. */
  readonly respawnMs: readonly number[];
}

const LIMITS: SupervisorLimits = {
  overdueTimes: 5,
  overdueMs: 500,
  hungTimes: 20,
  hungMs: 2000,
  startMs: 60_000,
  respawnMs: [0, 500, 2000],
};
/** Number of SLAs that a batch may take before its worker counts as hung. `mostMs` caps that time for long SLAs. */
const HUNG_SLAS = { slas: 5, mostMs: 30_000 };

interface SupervisorOptions<Job> {
  /** The first part of a worker's id; a number follows. */
  nameOf(job: Job): string;
  /** @param signal aborts when the supervisor closes, or when the start takes too long */
  startWorker(id: string, job: Job, signal: AbortSignal): Promise<ExecutorWorker>;
  /** Called when a worker is lost. @returns the job of the replacement; undefined if no replacement is needed */
  onLost(lost: Supervised<Job>, reason: string): Job | undefined;
  /** Whether a replacement is still needed. */
  isWanted(job: Job): boolean;
  onReplaced(member: Supervised<Job>): void;
  /** Called when the first attempt to replace a worker failed; later attempts follow until one works. */
  onReplaceFailed(job: Job, error: unknown): void;
  readonly limits?: Partial<SupervisorLimits> | undefined;
}

type Member<Job> = { -readonly [K in keyof Supervised<Job>]: Supervised<Job>[K] };

/** Starts workers, ends those that hang or are not needed, and replaces those that are lost. */
export class Supervisor<Job> {
  readonly #members = new Map<string, Member<Job>>();
  readonly #replacing = new Set<Job>();
  readonly #limits: SupervisorLimits;
  readonly #ended = new AbortController();
  #started = 0;
  #longestStartMs: number | undefined;

  constructor(private readonly options: SupervisorOptions<Job>) {
    this.#limits = { ...LIMITS, ...options.limits };
  }

  get closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Every worker that was added and has not ended, retired ones too. */
  get members(): Supervised<Job>[] {
    return [...this.#members.values()];
  }

  /** The jobs for which a worker is being started in place of a lost one. */
  get replacing(): Job[] {
    return [...this.#replacing];
  }

  get(id: string): Supervised<Job> | undefined {
    return this.#members.get(id);
  }

  /**
   * Starts a worker for each job. If one fails, or the supervisor closes meanwhile, all are ended, also those that still start.
   * @returns the workers; none if the supervisor has closed
   * @throws the errors of `startWorker`; WorkerLostError if a start seems to hang
   */
  async start(jobs: readonly Job[]): Promise<Supervised<Job>[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#ended.signal, failed.signal]);
    // Only the first error counts, because it ends the other starts, which then fail, too.
    const start = (job: Job) => this.#startInTime(job, signal).catch((error) => failed.abort(error));
    const members = (await Promise.all(jobs.map(start))).filter((member) => member !== undefined);
    if (!signal.aborted) return members;
    for (const { worker } of members) worker.terminate();
    if (this.closed) return [];
    throw failed.signal.reason;
  }

  /** Supervises a worker from now on. */
  add(member: Supervised<Job>): void {
    this.#members.set(member.id, member);
    void member.worker.lost.then((reason) => this.#lose(member, reason));
  }

  /**
   * Supervises a batch that `runBatch` runs on a worker. Marks the worker while it is overdue, and ends it if the batch hangs.
   * A batch in the worker's queue may take longer, by the expected time of the batches before it.
   * @param expectedMs time that the batch alone should take
   * @param slaMs the SLA of the requests in the batch
   * @throws WorkerLostError and DeviceLostError, after `onLost`; other errors of `runBatch`
   */
  async run<Run>(
    { id }: Supervised<Job>,
    expectedMs: number,
    slaMs: number,
    runBatch: () => Promise<Run>,
  ): Promise<Run> {
    const member = this.#members.get(id);
    if (!member) throw new WorkerLostError(id, 'it has ended');
    member.inFlight++;
    member.inFlightMs += expectedMs;
    const stopWatching = this.#watch(member, slaMs);
    try {
      return await runBatch();
    } catch (error) {
      if (error instanceof WorkerLostError) this.#lose(member, error.reason);
      if (error instanceof DeviceLostError) this.#lose(member, message(error));
      throw error;
    } finally {
      stopWatching();
      member.inFlight--;
      member.inFlightMs -= expectedMs;
      this.#endIfIdle(member);
    }
  }

  /** Watches the batch that a worker was given last. @returns a function to call when the batch ends */
  #watch(member: Member<Job>, slaMs: number): () => void {
    const expectedMs = member.inFlightMs;
    const { overdueTimes, overdueMs, hungTimes, hungMs } = this.#limits;
    const hungSlasMs = Math.min(HUNG_SLAS.mostMs, HUNG_SLAS.slas * slaMs);
    const overdue = timerIn(Math.max(overdueMs, slaMs, overdueTimes * expectedMs), () => {
      member.overdue = true;
    });
    const hungAfterMs = Math.max(hungMs, hungSlasMs, hungTimes * expectedMs);
    const stopWaiting = whenHung(hungAfterMs, () =>
      this.#lose(member, 'a batch took far longer than expected'),
    );
    return () => {
      clearTimeout(overdue);
      stopWaiting();
      // The end of a batch shows that the worker does not hang, even if later batches wait in its queue.
      member.overdue = false;
    };
  }

  /** Ends a worker once nothing is in flight on it. */
  retire(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    member.retired = true;
    this.#endIfIdle(member);
  }

  /** Starts a worker for a job and adds it. Repeats failed starts until a worker starts or the job is no longer wanted. */
  async replace(job: Job): Promise<void> {
    this.#replacing.add(job);
    await this.#tryToReplace(job).finally(() => this.#replacing.delete(job));
  }

  async #tryToReplace(job: Job): Promise<void> {
    const { respawnMs } = this.#limits;
    for (let tried = 0; ; tried++) {
      await sleep(respawnMs[Math.min(tried, respawnMs.length - 1)]!, this.#ended.signal);
      if (!this.#isWanted(job)) return;
      try {
        const member = await this.#startInTime(job, this.#ended.signal);
        if (!this.#isWanted(job)) return member.worker.terminate();
        this.add(member);
        return this.options.onReplaced(member);
      } catch (error) {
        if (tried === 0 && !this.closed) this.options.onReplaceFailed(job, error);
      }
    }
  }

  /** Ends every worker, including those that are being started. */
  close(): void {
    this.#ended.abort();
    for (const { worker } of this.#members.values()) worker.terminate();
    this.#members.clear();
  }

  #isWanted(job: Job): boolean {
    return !this.closed && this.options.isWanted(job);
  }

  /** Starts a worker, and ends the start if the worker seems to hang. @throws WorkerLostError, and the errors of `startWorker` */
  async #startInTime(job: Job, signal: AbortSignal): Promise<Member<Job>> {
    const id = `${this.options.nameOf(job)}~${this.#started++}`;
    const startedMs = performance.now();
    const hung = new AbortController();
    const { startMs, hungTimes } = this.#limits;
    const longestMs = this.#longestStartMs;
    const limitMs = longestMs === undefined ? Infinity : Math.max(startMs, hungTimes * longestMs);
    const stopWaiting = whenHung(limitMs, () =>
      hung.abort(new WorkerLostError(id, 'its start took far longer than those before')),
    );
    try {
      const worker = await this.options.startWorker(id, job, AbortSignal.any([signal, hung.signal]));
      this.#longestStartMs = Math.max(this.#longestStartMs ?? 0, performance.now() - startedMs);
      return { id, job, worker, inFlight: 0, inFlightMs: 0, overdue: false, retired: false, lost: false };
    } catch (error) {
      throw hung.signal.aborted ? hung.signal.reason : error;
    } finally {
      stopWaiting();
    }
  }

  #lose(member: Member<Job>, reason: string): void {
    if (this.#members.get(member.id) !== member) return;
    member.lost = true;
    this.#members.delete(member.id);
    member.worker.terminate();
    const job = this.options.onLost(member, reason);
    if (job !== undefined && !member.retired) void this.replace(job);
  }

  #endIfIdle(member: Member<Job>): void {
    if (!member.retired || member.inFlight > 0) return;
    this.#members.delete(member.id);
    member.worker.terminate();
  }
}
