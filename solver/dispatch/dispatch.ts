import { Admission } from './admission.ts';
import { Batches } from './batches.ts';
import { Downshift } from './downshift.ts';
import { StagesDifferError } from './errors.ts';
import { NextBatch } from './next-batch.ts';
import { OpenRequests } from './open-requests.ts';
import { Outlook } from './outlook.ts';
import type { Entry, ItemQueue, RequestState } from './queue.ts';
import { Queues } from './queues.ts';
import { heavyRow, rowAt, stageOf, standbyRow } from './rows.ts';
import { ShedRule } from './shed-rule.ts';
import type { Action, DispatchPolicy, DispatchWorker, Follow, Served } from './types.ts';
import { type BatchState, type WorkerState, Workers } from './workers.ts';

/** An item fails its request after this many workers were lost while they ran it. */
const LOSSES_MAX = 3;

/** The dispatch sheds a request this long after its latest start time, because at that very time the request is not late yet. */
const LATE_GRAIN_MS = 0.01;

/**
 * The queue policy of a pipeline, as a state machine without a clock and without I/O. Its driver reports events and their times
 * (in milliseconds of one clock), and `poll` returns what to do. The executor drives it with real workers, the simulator with
 * sampled times.
 */
export class Dispatch {
  #policy: DispatchPolicy;
  readonly #outlook: Outlook;
  readonly #shedRule: ShedRule;
  readonly #queues: Queues;
  readonly #nextBatch: NextBatch;
  readonly #downshift: Downshift;
  readonly #requests: OpenRequests;
  readonly #workers: Workers;
  readonly #batches: Batches;
  #actions: Action[] = [];
  #polledMs = 0;

  /** Creates a dispatch with no requests. @throws DuplicateWorkerError, UnknownRowError */
  constructor(policy: DispatchPolicy, workers: readonly DispatchWorker[]) {
    const stages = policy.stages.length;
    this.#policy = policy;
    this.#outlook = new Outlook(stages);
    this.#shedRule = new ShedRule(this.#outlook, stages);
    this.#workers = new Workers(3 * stages);
    this.#batches = new Batches(this.#workers);
    this.#queues = new Queues(policy);
    this.#requests = new OpenRequests(this.#queues, (request, outcome) => {
      this.#actions.push({ kind: 'end', request, outcome });
    });
    this.#nextBatch = new NextBatch(this.#shedRule, this.#workers);
    const admission = new Admission(
      this.#outlook,
      this.#shedRule,
      this.#queues,
      this.#workers,
      this.#batches,
    );
    this.#downshift = new Downshift(policy, admission, this.#nextBatch);
    for (const worker of workers) this.workerAdded(worker);
  }

  /** The number of items that wait for each row of the plan. A stage's row comes first, then that of its heavy variant, if any. */
  get queued(): readonly number[] {
    const { stages } = this.#policy;
    const { waiting } = this.#queues;
    return stages.flatMap(({ heavy }, stage) => [
      waiting[stage]!,
      ...(heavy ? [waiting[heavyRow(stage, stages.length)]!] : []),
    ]);
  }

  /** Number of open requests. */
  get open(): number {
    return this.#requests.size;
  }

  /** Counts of the requests since the dispatch was created. */
  get served(): Served {
    return this.#requests.served;
  }

  /**
   * Enters a request at its scheduled arrival. The caller chooses the id, which no open request may have.
   * @param singleStage the only stage that answers the request, which is one item there; if absent, all stages answer it
   * @throws DuplicateRequestError
   */
  arrive(id: number, arrivalMs: number, singleStage?: number): void {
    const isIdle = this.open === 0;
    const request = this.#requests.open(id, arrivalMs, singleStage ?? this.#policy.stages.length - 1);
    if (isIdle) this.#shedRule.afterIdle(arrivalMs - this.#polledMs, this.#policy);
    this.#requests.enter(request, { row: singleStage ?? 0, parent: null, index: 0 }, arrivalMs);
  }

  /**
   * Whether requests that have arrived together, but have not entered, can be expected to make the SLA behind all waiting and
   * running work. The shed rule decides, so the answer is always true for a policy that sheds no requests. The call changes
   * nothing.
   * @param requests number of these requests
   * @param singleStage as in {@link arrive}
   */
  canMake(arrivalMs: number, nowMs: number, requests: number, singleStage?: number): boolean {
    const stage = singleStage ?? 0;
    const last = singleStage ?? this.#policy.stages.length - 1;
    return this.#downshift.canMake(arrivalMs, nowMs, requests, { stage, last });
  }

  /**
   * Reports that a batch completed.
   * @param follows the consequence of each item. The dispatch ignores the number of children after the last stage of a request;
   * after the last stage of the pipeline the list may be empty
   * @throws BatchNotInFlightError, InvalidChildrenError
   */
  completed(id: number, follows: readonly Follow[], nowMs: number): void {
    const { length: stages } = this.#policy.stages;
    const batch = this.#batches.completed(id, follows, stages, nowMs);
    const stage = stageOf(batch.row, stages);
    batch.entries.forEach((entry, k) => {
      const { request, item } = entry;
      const follow = follows[k] ?? 0;
      this.#outlook.completed(batch.row, follow);
      if (!request.entries.delete(entry)) return; // The request ended before this batch did.
      if (typeof follow === 'number') this.#goOn(request, stage, item.id, follow, nowMs);
      else {
        const heavy = { row: heavyRow(stage, stages), parent: item.id, index: 0 };
        this.#requests.enter(request, heavy, nowMs, follow);
      }
    });
  }

  /**
   * Reports that a batch failed while its worker survived. Each item is tried again alone; an item that fails alone fails its
   * request.
   * @throws BatchNotInFlightError
   */
  failed(id: number, nowMs: number): void {
    const batch = this.#batches.ended(id, nowMs);
    const alone = batch.entries.length === 1;
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      if (alone) this.#requests.end(entry.request, 'failed');
      else this.#queues.push(batch.row, entry, true);
    }
  }

  /**
   * Reports that a worker was lost. Its items in flight return to their places in the queue. After a second loss an item is
   * tried once more, alone; the third loss fails its request.
   * @throws UnknownWorkerError also for a worker that has retired and finished
   */
  workerLost(id: string): void {
    const worker = this.#workers.known(id);
    this.#workers.remove(worker);
    const { batch, ahead, retired, holds } = worker;
    if (!retired) this.#outlook.holders(holds, -1);
    // The batch handed over in advance had not begun, so it cannot have caused the loss.
    if (ahead !== null) this.#waitAgain(ahead, () => 'together');
    if (batch === null) return;
    this.#waitAgain(batch, (entry) => {
      entry.losses++;
      if (entry.losses === LOSSES_MAX) return 'failed';
      // The last try is alone, so that an item that crashes workers takes no other item with it.
      return entry.losses === LOSSES_MAX - 1 ? 'alone' : 'together';
    });
  }

  /** @throws DuplicateWorkerError, UnknownRowError */
  workerAdded(worker: DispatchWorker): void {
    this.#outlook.holders(this.#workers.add(worker).holds, 1);
  }

  /** Gives the worker no more batches, and removes it when it is idle. @throws UnknownWorkerError */
  workerRetired(id: string): void {
    const worker = this.#workers.known(id);
    if (!worker.retired) this.#outlook.holders(worker.holds, -1);
    this.#workers.retire(worker);
  }

  /**
   * Changes the policy for all batches that close from now on. The stages and their order must stay the same; their heavy
   * variants may change. Items that wait for a heavy variant that the new policy lacks wait for the stage's only variant instead.
   * @throws StagesDifferError
   */
  setPolicy(policy: DispatchPolicy): void {
    const names = this.#policy.stages.map((stage) => stage.name);
    const found = policy.stages.map((stage) => stage.name);
    if (names.length !== found.length || names.some((name, i) => name !== found[i]))
      throw new StagesDifferError(names, found);
    this.#policy = policy;
    this.#queues.setPolicy(policy);
    this.#downshift.setPolicy(policy);
  }

  /** The actions to carry out now, in order. Call this after every event, and at {@link nextWakeMs}; `nowMs` must never fall. */
  poll(nowMs: number): Action[] {
    this.#polledMs = nowMs;
    this.#endLate(nowMs);
    for (;;) {
      const batch = this.#nextBatch.next(this.#policy, this.#queues.all, nowMs);
      if (!batch) return this.#takeActions();
      this.#runOrSettle(...batch, nowMs);
      this.#endLate(nowMs); // The queue has a new head now, which may be late.
    }
  }

  /** Time of the next poll if no event comes earlier; undefined if only an event can change anything. */
  nextWakeMs(): number | undefined {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.all) {
      const head = queue.head();
      if (head === undefined) continue;
      if (this.#policy.shedding === 'late')
        wakeMs = Math.min(wakeMs, this.#downshift.latestStartMs(queue, head) + LATE_GRAIN_MS);
      if (this.#workers.idleHolder(queue.row))
        wakeMs = Math.min(wakeMs, this.#nextBatch.closesMs(this.#policy, queue, head));
    }
    return wakeMs === Number.POSITIVE_INFINITY ? undefined : wakeMs;
  }

  /** Sheds every open request. The driver may still report results of batches in flight; the dispatch then ignores them. */
  close(): Action[] {
    this.#requests.shedAll();
    return this.#takeActions();
  }

  #takeActions(): Action[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** Lets an item's children enter the next stage. The request completes if it has no items left. @param parent the item's id */
  #goOn(request: RequestState, stage: number, parent: number, children: number, nowMs: number): void {
    if (stage !== request.last)
      for (let index = 0; index < children; index++)
        this.#requests.enter(request, { row: stage + 1, parent, index }, nowMs);
    if (request.entries.size > 0) return;
    const inTime = nowMs - request.arrivalMs <= this.#policy.slaMs;
    this.#shedRule.completed(inTime && !request.hurried);
    this.#requests.complete(request, inTime);
  }

  /**
   * Lets the items of a batch wait again after a loss.
   * @param how decides for each item whether it runs with others, runs alone, or fails its request
   */
  #waitAgain(batch: BatchState, how: (entry: Entry) => 'together' | 'alone' | 'failed'): void {
    this.#batches.lost(batch);
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      const again = how(entry);
      if (again === 'failed') this.#requests.end(entry.request, 'failed');
      else this.#queues.push(batch.row, entry, again === 'alone');
    }
  }

  /**
   * Sheds late requests. With downshift, an item that waits for a heavy variant settles instead. Checking the heads is enough,
   * because queues are in order of arrival, and all requests have one SLA.
   */
  #endLate(nowMs: number): void {
    if (this.#policy.shedding === 'never') return;
    const { all } = this.#queues;
    for (let i = 0; i < all.length; i++) {
      const queue = all[i]!;
      const head = queue.head();
      if (head === undefined || nowMs <= this.#downshift.latestStartMs(queue, head)) continue;
      if (this.#downshift.settles(queue.row)) this.#settle(this.#takeLighter(queue, 1, nowMs), nowMs);
      else {
        this.#shedRule.shed(queue.row);
        this.#requests.end(head.request, 'shed');
      }
      i = -1; // The request may have headed other queues too, so all are checked again.
    }
  }

  /** Lets the light variant's answers stand for items that were taken from a heavy variant's queue. */
  #settle(entries: readonly Entry[], nowMs: number): void {
    for (const entry of entries) {
      const { request, item } = entry;
      const { otherwise: children } = entry.escalated!;
      request.entries.delete(entry);
      this.#actions.push({ kind: 'settle', item, children });
      const stage = stageOf(item.row, this.#policy.stages.length);
      this.#goOn(request, stage, item.parent!, children, nowMs);
    }
  }

  /** Starts the batch of a queue, as planned or on the standby, or settles its items. */
  #runOrSettle(queue: ItemQueue, worker: WorkerState, nowMs: number): void {
    const { row, solo } = queue;
    const { stages } = this.#policy;
    const size = solo ? 1 : rowAt(stages, row)!.batch;
    const settles = this.#downshift.settles(row);
    const mayShift = settles || this.#downshift.hasStandby(row, worker);
    const shifts = mayShift && this.#downshift.isDue(queue, nowMs);
    if (!shifts) this.#start(queue.take(size), row, worker, nowMs);
    else if (settles) this.#settle(this.#takeLighter(queue, size, nowMs), nowMs);
    else this.#start(this.#takeLighter(queue, size, nowMs), standbyRow(row, stages.length), worker, nowMs);
  }

  /** Takes items from a queue for lighter work than planned. */
  #takeLighter(queue: ItemQueue, count: number, nowMs: number): Entry[] {
    const hurries = this.#downshift.hurries(queue, nowMs);
    const entries = queue.take(count);
    if (hurries) for (const { request } of entries) request.hurried = true;
    return entries;
  }

  /**
   * Hands items to a worker as one batch.
   * @param row the row whose variant runs the items
   */
  #start(entries: readonly Entry[], row: number, worker: WorkerState, nowMs: number): void {
    const { id } = this.#batches.start(entries, row, worker, nowMs);
    for (const { request, item } of entries)
      if (item.parent === null) request.waitedMs = nowMs - request.arrivalMs;
    const items = entries.map((entry) => entry.item);
    const { enqueuedMs } = entries[0]!;
    this.#actions.push({ kind: 'start', batch: id, row, worker: worker.id, items, enqueuedMs });
  }
}
