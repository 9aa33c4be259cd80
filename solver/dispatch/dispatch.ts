import {
  BatchNotInFlightError,
  DuplicateRequestError,
  InvalidChildrenError,
  StagesDifferError,
} from './errors.ts';
import { Outlook } from './outlook.ts';
import { type Entry, ItemQueue, type RequestState } from './queue.ts';
import { heavyRow, rowAt, stageOf } from './rows.ts';
import { ShedRule } from './shed-rule.ts';
import type {
  Action,
  Dispatch,
  DispatchPolicy,
  DispatchRow,
  DispatchWorker,
  Follow,
  Item,
  Outcome,
  Served,
} from './types.ts';
import { type BatchState, type WorkerState, Workers } from './workers.ts';

/** An item fails its request after this many workers were lost while they ran it. */
const LOSSES_MAX = 3;

/**
 * Timers may fire late by this share of the SLA, so a batch closes that much before its slack ends. A batch that takes no
 * longer than this share counts as short.
 */
const TIMER_SHARE = 0.05;

/** A request is shed this much after its latest start time, because at that very time it is not yet late. */
const LATE_GRAIN_MS = 0.01;

/** Creates a dispatch with no requests. @throws DuplicateWorkerError, UnknownStageError */
export function createDispatch(policy: DispatchPolicy, workers: readonly DispatchWorker[]): Dispatch {
  const dispatch = new QueueDispatch(policy);
  for (const worker of workers) dispatch.workerAdded(worker);
  return dispatch;
}

class QueueDispatch implements Dispatch {
  #policy: DispatchPolicy;
  readonly #outlook: Outlook;
  readonly #shedRule: ShedRule;
  /** The queues of the policy's rows, later ones first: if the oldest requests of two batches arrived together, the later row runs first. */
  #queues: readonly ItemQueue[];
  /** For each row, the queue of items that run in batches together. */
  readonly #shared: readonly ItemQueue[];
  /** For each row, the queue of items that run alone, because batches with them failed or lost their worker. */
  readonly #solo: readonly ItemQueue[];
  readonly #requests = new Map<number, RequestState>();
  readonly #batches = new Map<number, BatchState>();
  readonly #workers: Workers;
  #actions: Action[] = [];
  #entered = 0;
  #items = 0;
  #inTime = 0;
  #started = 0;

  constructor(policy: DispatchPolicy) {
    this.#policy = policy;
    const stages = policy.stages.length;
    const rows = Array.from({ length: 2 * stages }, (_, row) => row);
    this.#outlook = new Outlook(stages);
    this.#shedRule = new ShedRule(this.#outlook);
    this.#workers = new Workers(rows.length);
    this.#shared = rows.map((row) => new ItemQueue(row, false));
    this.#solo = rows.map((row) => new ItemQueue(row, true));
    this.#queues = this.#queuesOf(policy);
  }

  #queuesOf({ stages }: DispatchPolicy): ItemQueue[] {
    return stages
      .flatMap(({ heavy }, stage) => (heavy ? [stage, heavyRow(stage, stages.length)] : [stage]))
      .flatMap((row) => [this.#shared[row]!, this.#solo[row]!])
      .reverse();
  }

  get queued(): readonly number[] {
    const { stages } = this.#policy;
    return stages.flatMap(({ heavy }, stage) => [
      this.#waiting(stage),
      ...(heavy ? [this.#waiting(heavyRow(stage, stages.length))] : []),
    ]);
  }

  #waiting(row: number): number {
    return this.#shared[row]!.size + this.#solo[row]!.size;
  }

  get open(): number {
    return this.#requests.size;
  }

  get served(): Served {
    const ended = this.#entered - this.open;
    return { open: this.open, ended, missed: ended - this.#inTime };
  }

  arrive(id: number, arrivalMs: number, singleStage?: number): void {
    if (this.#requests.has(id)) throw new DuplicateRequestError(id);
    const last = singleStage ?? this.#policy.stages.length - 1;
    const order = this.#entered++;
    const request: RequestState = { id, arrivalMs, last, order, entries: new Set(), waiting: 0 };
    this.#requests.set(id, request);
    this.#enter(request, singleStage ?? 0, null, 0, arrivalMs);
  }

  canMake(arrivalMs: number, nowMs: number, requests: number, singleStage?: number): boolean {
    const { shedding, stages } = this.#policy;
    if (shedding === 'never') return true;
    const stage = singleStage ?? 0;
    const waiting = this.#shared.map((_, row) => this.#waiting(row));
    waiting[stage]! += requests - 1;
    const running = waiting.map(() => 0);
    const leftMs = waiting.map(() => 0);
    for (const batch of this.#batches.values()) {
      const takesMs = this.#row(batch.stage).serviceMs(batch.entries.length);
      running[batch.stage]! += batch.entries.length;
      leftMs[batch.stage]! += Math.min(takesMs, Math.max(0, batch.startMs + takesMs - nowMs));
    }
    const backlogMs = this.#outlook.backlogMs(stages, { waiting, running, leftMs }, this.#workers.sharing());
    const request = { arrivalMs, last: singleStage ?? stages.length - 1, waiting: 1 };
    const together = Math.min(this.#shared[stage]!.size + requests, stages[stage]!.batch);
    return nowMs + backlogMs <= this.#shedRule.latestStartMs(this.#policy, stage, request, together);
  }

  completed(id: number, follows: readonly Follow[], nowMs: number): void {
    const batch = this.#inFlight(id);
    const { length: stages } = this.#policy.stages;
    const stage = stageOf(batch.stage, stages);
    const last = stage === stages - 1;
    if (!(last && follows.length === 0) && !isFollowedBy(batch, follows, batch.stage === stage))
      throw new InvalidChildrenError(id, batch.entries.length, follows);
    this.#free(batch, nowMs);
    batch.entries.forEach((entry, k) => {
      const { request, item } = entry;
      const follow = follows[k] ?? 0;
      this.#outlook.completed(batch.stage, follow);
      if (!request.entries.delete(entry)) return; // The request ended before this batch did.
      if (follow === 'heavy') this.#enter(request, heavyRow(stage, stages), item.id, 0, nowMs);
      else if (stage !== request.last)
        for (let index = 0; index < follow; index++) this.#enter(request, stage + 1, item.id, index, nowMs);
      if (request.entries.size === 0) {
        const inTime = nowMs - request.arrivalMs <= this.#policy.slaMs;
        this.#shedRule.completed(inTime);
        if (inTime) this.#inTime++;
        this.#end(request, 'completed');
      }
    });
  }

  failed(id: number, nowMs: number): void {
    const batch = this.#inFlight(id);
    this.#free(batch, nowMs);
    const alone = batch.entries.length === 1;
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      if (alone) this.#end(entry.request, 'failed');
      else this.#solo[this.#present(batch.stage)]!.push(entry);
    }
  }

  workerLost(id: string): void {
    const worker = this.#workers.known(id);
    this.#workers.remove(worker);
    const { batch, ahead, retired, holds } = worker;
    if (!retired) this.#outlook.holders(holds, -1);
    // The batch handed over in advance had not begun, so it cannot have caused the loss.
    if (ahead !== null) this.#waitAgain(ahead, () => this.#shared);
    if (batch === null) return;
    this.#waitAgain(batch, (entry) => {
      entry.losses++;
      if (entry.losses === LOSSES_MAX) return null;
      // The last try is alone, so that an item that crashes workers takes no other item with it.
      return entry.losses === LOSSES_MAX - 1 ? this.#solo : this.#shared;
    });
  }

  workerAdded(worker: DispatchWorker): void {
    this.#outlook.holders(this.#workers.add(worker).holds, 1);
  }

  workerRetired(id: string): void {
    const worker = this.#workers.known(id);
    if (!worker.retired) this.#outlook.holders(worker.holds, -1);
    this.#workers.retire(worker);
  }

  setPolicy(policy: DispatchPolicy): void {
    const names = this.#policy.stages.map((stage) => stage.name);
    const found = policy.stages.map((stage) => stage.name);
    if (names.length !== found.length || names.some((name, i) => name !== found[i]))
      throw new StagesDifferError(names, found);
    this.#policy = policy;
    this.#queues = this.#queuesOf(policy);
    policy.stages.forEach(({ heavy }, stage) => {
      if (heavy) return;
      for (const queues of [this.#shared, this.#solo]) {
        const left = queues[heavyRow(stage, names.length)]!;
        for (const entry of left.take(left.size)) queues[stage]!.push(entry);
      }
    });
  }

  poll(nowMs: number): Action[] {
    this.#shedLate(nowMs);
    for (let start = this.#next(nowMs); start !== undefined; start = this.#next(nowMs)) {
      this.#start(...start, nowMs);
      this.#shedLate(nowMs); // The queues have new heads now, which may be late.
    }
    return this.#takeActions();
  }

  nextWakeMs(): number | undefined {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      const head = queue.head();
      if (head === undefined) continue;
      if (this.#policy.shedding === 'late')
        wakeMs = Math.min(wakeMs, this.#latestStartMs(queue, head) + LATE_GRAIN_MS);
      if (this.#workers.idleHolder(queue.stage)) wakeMs = Math.min(wakeMs, this.#closesMs(queue, head));
    }
    return wakeMs === Number.POSITIVE_INFINITY ? undefined : wakeMs;
  }

  close(): Action[] {
    for (const request of [...this.#requests.values()]) this.#end(request, 'shed');
    return this.#takeActions();
  }

  #takeActions(): Action[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #enter(request: RequestState, row: number, parent: number | null, index: number, nowMs: number): void {
    const item: Item = { id: this.#items++, request: request.id, stage: row, parent, index };
    const entry: Entry = { item, request, enqueuedMs: nowMs, queue: null, losses: 0 };
    request.entries.add(entry);
    this.#shared[this.#present(row)]!.push(entry);
  }

  /** The row itself or, for a heavy variant that the policy does not have (any more), the row of its stage's only variant. */
  #present(row: number): number {
    const { stages } = this.#policy;
    return rowAt(stages, row) ? row : stageOf(row, stages.length);
  }

  #row(row: number): DispatchRow {
    return rowAt(this.#policy.stages, this.#present(row))!;
  }

  #end(request: RequestState, outcome: Outcome): void {
    for (const entry of request.entries) entry.queue?.drop(entry);
    request.entries.clear();
    this.#requests.delete(request.id);
    this.#actions.push({ kind: 'end', request: request.id, outcome });
  }

  #inFlight(id: number): BatchState {
    const batch = this.#batches.get(id);
    if (batch === undefined) throw new BatchNotInFlightError(id);
    return batch;
  }

  #free(batch: BatchState, nowMs: number): void {
    const { id, worker } = batch;
    this.#batches.delete(id);
    if (worker.batch === batch) worker.batch = worker.ahead;
    worker.ahead = null;
    if (worker.batch) worker.batch.startMs = Math.min(worker.batch.startMs, nowMs);
    if (worker.retired && worker.batch === null) this.#workers.remove(worker);
  }

  /**
   * Puts the items of a batch back into queues.
   * @param queues chooses the queues for an item, one per row; null fails the item's request
   */
  #waitAgain(batch: BatchState, queues: (entry: Entry) => readonly ItemQueue[] | null): void {
    this.#batches.delete(batch.id);
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      const to = queues(entry);
      if (to === null) this.#end(entry.request, 'failed');
      else to[this.#present(batch.stage)]!.push(entry);
    }
  }

  /** The last moment at which the request at the head of a queue can start there and still be expected to make the SLA. */
  #latestStartMs({ stage, solo, size }: ItemQueue, { request }: Entry): number {
    const together = solo ? 1 : Math.min(size, this.#row(stage).batch);
    return this.#shedRule.latestStartMs(this.#policy, stage, request, together);
  }

  /** Sheds late requests. Checking the heads is enough: queues are in order of arrival, and all requests have one SLA. */
  #shedLate(nowMs: number): void {
    if (this.#policy.shedding === 'never') return;
    for (let i = 0; i < this.#queues.length; i++) {
      const queue = this.#queues[i]!;
      const head = queue.head();
      if (head === undefined || nowMs <= this.#latestStartMs(queue, head)) continue;
      this.#shedRule.shed(queue.stage);
      this.#end(head.request, 'shed');
      i = -1; // The request may have headed other queues too, so all are checked again.
    }
  }

  /** Time at which the batch at the head of a queue closes if no more items come; −∞ if it is full already. */
  #closesMs(queue: ItemQueue, head: Entry): number {
    const { slaMs, shedding } = this.#policy;
    const { batch, maxWaitMs } = this.#row(queue.stage);
    if (queue.solo || queue.size >= batch) return Number.NEGATIVE_INFINITY;
    const waitedMs = queue.oldestMs()! + maxWaitMs;
    if (shedding === 'never') return waitedMs;
    return Math.min(waitedMs, this.#latestStartMs(queue, head) - TIMER_SHARE * slaMs);
  }

  /** The batch to start next, with its worker: of all closed batches that have a worker, the one with the oldest request. */
  #next(nowMs: number): [ItemQueue, WorkerState] | undefined {
    let first: [ItemQueue, WorkerState] | undefined;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      const head = queue.head();
      if (head === undefined || head.request.arrivalMs >= firstMs) continue;
      const idle = this.#workers.idleHolder(queue.stage);
      const worker = idle ?? this.#aheadHolder(queue, head, nowMs);
      if (worker === undefined || (idle && nowMs < this.#closesMs(queue, head))) continue;
      first = [queue, worker];
      firstMs = head.request.arrivalMs;
    }
    return first;
  }

  /**
   * A busy worker that may be handed a batch in advance, so that it goes on without a pause. The batch must be full, no other
   * worker may hold its stage, and it must not risk being late by the time it starts. Unless it is short, it must also not
   * delay items that follow from the running batch and come before it.
   */
  #aheadHolder(queue: ItemQueue, head: Entry, nowMs: number): WorkerState | undefined {
    const { slaMs, shedding, stages } = this.#policy;
    const { batch, serviceMs } = this.#row(queue.stage);
    if (queue.solo || queue.size < batch) return undefined;
    const worker = this.#workers.soleHolder(queue.stage);
    if (!worker?.batch || worker.ahead) return undefined;
    const takesMs = serviceMs(batch);
    if (shedding === 'late' && nowMs + takesMs > this.#latestStartMs(queue, head)) return undefined;
    const short = shedding === 'late' && takesMs <= TIMER_SHARE * slaMs;
    return short || !followersPrecede(worker.batch, head, stages.length) ? worker : undefined;
  }

  #start(queue: ItemQueue, worker: WorkerState, nowMs: number): void {
    const { stage, solo } = queue;
    const entries = queue.take(solo ? 1 : this.#row(stage).batch);
    const startMs = worker.batch === null ? nowMs : Number.POSITIVE_INFINITY;
    const batch: BatchState = { id: this.#started++, stage, worker, entries, startMs };
    this.#batches.set(batch.id, batch);
    if (worker.batch === null) worker.batch = batch;
    else worker.ahead = batch;
    worker.lastBatch = batch.id;
    const items = entries.map((entry) => entry.item);
    this.#actions.push({ kind: 'start', batch: batch.id, stage, worker: worker.id, items });
  }
}

/** Whether the worker of a batch may have to run what follows from that batch before `head`, because its request arrived earlier. */
function followersPrecede({ stage: row, worker, entries }: BatchState, head: Entry, stages: number): boolean {
  const stage = stageOf(row, stages);
  const heavyHere = row === stage && worker.holds[heavyRow(stage, stages)] === true;
  const nextHere = stage + 1 < stages && worker.holds[stage + 1] === true;
  return entries.some(
    ({ request }) =>
      request.arrivalMs <= head.request.arrivalMs && (heavyHere || (nextHere && request.last > stage)),
  );
}

/** @param light whether the batch's variant may have a heavier one after it */
const isFollowedBy = (batch: BatchState, follows: readonly Follow[], light: boolean): boolean =>
  follows.length === batch.entries.length &&
  follows.every((n) => (n === 'heavy' ? light : Number.isInteger(n) && n >= 0));
