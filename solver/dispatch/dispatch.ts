import {
  BatchNotInFlightError,
  DuplicateRequestError,
  InvalidChildrenError,
  StagesDifferError,
} from './errors.ts';
import { Margin } from './margin.ts';
import { Outlook } from './outlook.ts';
import { type Entry, ItemQueue, type RequestState } from './queue.ts';
import type { Action, Dispatch, DispatchPolicy, DispatchWorker, Item, Outcome } from './types.ts';
import { type BatchState, type WorkerState, Workers } from './workers.ts';

/** Workers lost with an item before its request fails for it. */
const LOSSES_MAX = 3;

/**
 * Share of the SLA by which a batch closes before its slack ends: timers are late by so much in a valid run. A batch that takes
 * no more is short.
 */
const TIMER_SHARE = 0.05;

/** A request that would just make the SLA is not late; so much after that moment it is looked at again. */
const LATE_GRAIN_MS = 0.01;

/**
 * Starts with no requests.
 * @throws DuplicateWorkerError, UnknownStageError
 */
export function createDispatch(policy: DispatchPolicy, workers: readonly DispatchWorker[]): Dispatch {
  const dispatch = new QueueDispatch(policy);
  for (const worker of workers) dispatch.workerAdded(worker);
  return dispatch;
}

class QueueDispatch implements Dispatch {
  #policy: DispatchPolicy;
  readonly #outlook: Outlook;
  /** Later stages first, which breaks ties; per stage what is retried alone, then the rest. */
  readonly #queues: readonly ItemQueue[];
  readonly #shared: readonly ItemQueue[];
  readonly #solo: readonly ItemQueue[];
  readonly #requests = new Map<number, RequestState>();
  readonly #batches = new Map<number, BatchState>();
  readonly #workers: Workers;
  #actions: Action[] = [];
  #entered = 0;
  readonly #margin = new Margin();
  #items = 0;
  #started = 0;

  constructor(policy: DispatchPolicy) {
    this.#policy = policy;
    this.#outlook = new Outlook(policy.stages.length);
    this.#workers = new Workers(policy.stages.length);
    this.#shared = policy.stages.map((_, stage) => new ItemQueue(stage, false));
    this.#solo = policy.stages.map((_, stage) => new ItemQueue(stage, true));
    this.#queues = policy.stages.flatMap((_, stage) => [this.#shared[stage]!, this.#solo[stage]!]).reverse();
  }

  get queued(): readonly number[] {
    return this.#shared.map((queue, stage) => queue.size + this.#solo[stage]!.size);
  }

  get open(): number {
    return this.#requests.size;
  }

  arrive(id: number, arrivalMs: number, only?: number): void {
    if (this.#requests.has(id)) throw new DuplicateRequestError(id);
    const last = only ?? this.#policy.stages.length - 1;
    const order = this.#entered++;
    const request: RequestState = { id, arrivalMs, last, order, entries: new Set(), waiting: 0 };
    this.#requests.set(id, request);
    this.#enter(request, only ?? 0, null, 0, arrivalMs);
  }

  completed(id: number, children: readonly number[], nowMs: number): void {
    const batch = this.#inFlight(id);
    const next = batch.stage + 1;
    const last = next === this.#policy.stages.length;
    if (!last && !isChildrenOf(batch, children))
      throw new InvalidChildrenError(id, batch.entries.length, children);
    this.#free(batch);
    batch.entries.forEach((entry, k) => {
      const { request } = entry;
      if (!last) this.#outlook.children(batch.stage, children[k]!);
      if (!request.entries.delete(entry)) return; // The request has ended.
      const count = batch.stage === request.last ? 0 : children[k]!;
      for (let index = 0; index < count; index++) this.#enter(request, next, entry.item.id, index, nowMs);
      if (request.entries.size === 0) {
        if (nowMs - request.arrivalMs > this.#policy.slaMs) this.#margin.grow();
        else this.#margin.shrink();
        this.#end(request, 'completed');
      }
    });
  }

  failed(id: number): void {
    const batch = this.#inFlight(id);
    this.#free(batch);
    const alone = batch.entries.length === 1;
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      if (alone) this.#end(entry.request, 'failed');
      else this.#solo[batch.stage]!.push(entry);
    }
  }

  workerLost(id: string): void {
    const worker = this.#workers.known(id);
    this.#workers.remove(worker);
    const { batch, ahead, retired, holds } = worker;
    if (!retired) this.#outlook.holders(holds, -1);
    // What had not been begun has not ended the worker.
    if (ahead !== null) this.#waitAgain(ahead, () => this.#shared);
    if (batch === null) return;
    this.#waitAgain(batch, (entry) => {
      entry.losses++;
      if (entry.losses === LOSSES_MAX) return null;
      // Alone on its last try, so that an item that ends workers takes no other with it.
      return entry.losses === LOSSES_MAX - 1 ? this.#solo : this.#shared;
    });
  }

  workerAdded(worker: DispatchWorker): void {
    this.#outlook.holders(this.#workers.add(worker).holds, 1);
  }

  workerRetired(id: string): void {
    const worker = this.#workers.known(id);
    if (!worker.retired) this.#outlook.holders(worker.holds, -1);
    worker.retired = true;
    if (worker.batch === null) this.#workers.remove(worker);
  }

  setPolicy(policy: DispatchPolicy): void {
    const names = this.#policy.stages.map((stage) => stage.name);
    const found = policy.stages.map((stage) => stage.name);
    if (names.length !== found.length || names.some((name, i) => name !== found[i]))
      throw new StagesDifferError(names, found);
    this.#policy = policy;
  }

  poll(nowMs: number): Action[] {
    this.#shedLate(nowMs);
    for (let start = this.#next(nowMs); start !== undefined; start = this.#next(nowMs)) {
      this.#start(...start);
      this.#shedLate(nowMs); // Others stand at the head now.
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

  #enter(request: RequestState, stage: number, parent: number | null, index: number, nowMs: number): void {
    const item: Item = { id: this.#items++, request: request.id, stage, parent, index };
    const entry: Entry = { item, request, enqueuedMs: nowMs, queue: null, losses: 0 };
    request.entries.add(entry);
    this.#shared[stage]!.push(entry);
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

  #free(batch: BatchState): void {
    const { id, worker } = batch;
    this.#batches.delete(id);
    if (worker.batch === batch) worker.batch = worker.ahead;
    worker.ahead = null;
    if (worker.retired && worker.batch === null) this.#workers.remove(worker);
  }

  /** Puts a batch's items back into the queues that `queues` says; null fails the item's request. */
  #waitAgain(batch: BatchState, queues: (entry: Entry) => readonly ItemQueue[] | null): void {
    this.#batches.delete(batch.id);
    for (const entry of batch.entries) {
      if (!entry.request.entries.has(entry)) continue;
      const to = queues(entry);
      if (to === null) this.#end(entry.request, 'failed');
      else to[batch.stage]!.push(entry);
    }
  }

  /** Late requests stand at the heads: each queue is in order of arrival, and all have the same SLA. */
  #shedLate(nowMs: number): void {
    if (this.#policy.shedding === 'never') return;
    for (let i = 0; i < this.#queues.length; i++) {
      const queue = this.#queues[i]!;
      const head = queue.head();
      if (head === undefined || nowMs <= this.#latestStartMs(queue, head)) continue;
      if (queue.stage > 0) this.#margin.grow();
      else this.#margin.shrink();
      this.#end(head.request, 'shed');
      i = -1; // It may have stood in other queues too, where another is at the head now.
    }
  }

  /** The last moment to start what a request has at the head of a queue and still make the SLA. */
  #latestStartMs(queue: ItemQueue, { request }: Entry): number {
    const { slaMs, stages } = this.#policy;
    const { stage } = queue;
    const atHand = queue.solo ? 1 : Math.min(queue.size, stages[stage]!.batch);
    // Only for those that nothing was spent on yet.
    const dueMs = request.arrivalMs + slaMs * (1 - (stage === 0 ? this.#margin.value : 0));
    return dueMs - this.#outlook.remainingMs(stages, stage, request.last, request.waiting, atHand);
  }

  /** When the batch at the head of a queue closes if nothing more comes; in the past where it is full. */
  #closesMs(queue: ItemQueue, head: Entry): number {
    const { slaMs, shedding, stages } = this.#policy;
    const { batch, maxWaitMs } = stages[queue.stage]!;
    if (queue.solo || queue.size >= batch) return Number.NEGATIVE_INFINITY;
    const waitedMs = queue.oldestMs()! + maxWaitMs;
    if (shedding === 'never') return waitedMs;
    return Math.min(waitedMs, this.#latestStartMs(queue, head) - TIMER_SHARE * slaMs);
  }

  /** The queue of the closed batch whose oldest request arrived first, and who runs it. */
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
   * A worker that may be handed a batch before it is idle, so that it goes on at once: the batch is full, and nobody else
   * could take it sooner. Not what might have to be shed by then, nor what takes long while children of the batch that
   * runs, which come first, would wait for it.
   */
  #aheadHolder(queue: ItemQueue, head: Entry, nowMs: number): WorkerState | undefined {
    const { slaMs, shedding, stages } = this.#policy;
    const { batch, serviceMs } = stages[queue.stage]!;
    if (queue.solo || queue.size < batch) return undefined;
    const worker = this.#workers.soleHolder(queue.stage);
    if (!worker?.batch || worker.ahead) return undefined;
    const takesMs = serviceMs(batch);
    if (shedding === 'late' && nowMs + takesMs > this.#latestStartMs(queue, head)) return undefined;
    const short = shedding === 'late' && takesMs <= TIMER_SHARE * slaMs;
    return short || !childrenPrecede(worker.batch, head) ? worker : undefined;
  }

  #start(queue: ItemQueue, worker: WorkerState): void {
    const { stage, solo } = queue;
    const entries = queue.take(solo ? 1 : this.#policy.stages[stage]!.batch);
    const batch: BatchState = { id: this.#started++, stage, worker, entries };
    this.#batches.set(batch.id, batch);
    if (worker.batch === null) worker.batch = batch;
    else worker.ahead = batch;
    worker.lastBatch = batch.id;
    const items = entries.map((entry) => entry.item);
    this.#actions.push({ kind: 'start', batch: batch.id, stage, worker: worker.id, items });
  }
}

/** Whether its worker may have to run children of a batch before `head`: those of a request that did not arrive later. */
const childrenPrecede = ({ stage, worker, entries }: BatchState, head: Entry): boolean =>
  worker.holds[stage + 1] === true &&
  entries.some(({ request }) => request.last > stage && request.arrivalMs <= head.request.arrivalMs);

const isChildrenOf = (batch: BatchState, children: readonly number[]): boolean =>
  children.length === batch.entries.length && children.every((n) => Number.isInteger(n) && n >= 0);
