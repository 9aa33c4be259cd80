import type { Entry, ItemQueue } from './queue.ts';
import { heavyRow, rowAt, stageOf } from './rows.ts';
import type { ShedRule } from './shed-rule.ts';
import type { DispatchPolicy } from './types.ts';
import type { BatchState, WorkerState, Workers } from './workers.ts';

/**
 * Timers may fire late by this fraction of the SLA, so a batch closes that much before its slack ends. A batch that takes no
 * longer than this fraction counts as short.
 */
const TIMER_SHARE = 0.05;

/** Decides when batches close, and which of them runs next. */
export class NextBatch {
  constructor(
    private readonly shedRule: ShedRule,
    private readonly workers: Workers,
  ) {}

  /** The last moment at which the request at the head of a queue can start there and still be expected to make the SLA. */
  latestStartMs(policy: DispatchPolicy, { row, solo, size }: ItemQueue, { request }: Entry): number {
    const together = solo ? 1 : Math.min(size, rowAt(policy.stages, row)!.batch);
    return this.shedRule.latestStartMs(policy, row, request, together);
  }

  /** Time at which the batch at the head of a queue closes if no more items come; −∞ if it is full already. */
  closesMs(policy: DispatchPolicy, queue: ItemQueue, head: Entry): number {
    const { batch, maxWaitMs } = rowAt(policy.stages, queue.row)!;
    if (queue.solo || queue.size >= batch) return Number.NEGATIVE_INFINITY;
    const waitedMs = queue.oldestMs()! + maxWaitMs;
    if (policy.shedding === 'never') return waitedMs;
    return Math.min(waitedMs, this.latestStartMs(policy, queue, head) - TIMER_SHARE * policy.slaMs);
  }

  /** The batch to start next, with its worker: of all closed batches that have a worker, the one with the oldest request. */
  next(
    policy: DispatchPolicy,
    queues: readonly ItemQueue[],
    nowMs: number,
  ): [ItemQueue, WorkerState] | undefined {
    let first: [ItemQueue, WorkerState] | undefined;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      const head = queue.head();
      if (head === undefined || head.request.arrivalMs >= firstMs) continue;
      const idle = this.workers.idleHolder(queue.row);
      const worker = idle ?? this.#aheadHolder(policy, queue, head, nowMs);
      if (worker === undefined || (idle && nowMs < this.closesMs(policy, queue, head))) continue;
      first = [queue, worker];
      firstMs = head.request.arrivalMs;
    }
    return first;
  }

  /**
   * A busy worker that may be handed a batch in advance, so that the worker continues without a pause. The batch must be full, no
   * other worker may hold its row, and the batch must still be in time if it starts one batch time from now. Unless the batch is
   * short, it must also not delay items that follow from the running batch and have older requests.
   */
  #aheadHolder(
    policy: DispatchPolicy,
    queue: ItemQueue,
    head: Entry,
    nowMs: number,
  ): WorkerState | undefined {
    const { slaMs, shedding, stages } = policy;
    const { batch, serviceMs } = rowAt(stages, queue.row)!;
    if (queue.solo || queue.size < batch) return undefined;
    const worker = this.workers.soleHolder(queue.row);
    if (!worker?.batch || worker.ahead) return undefined;
    const takesMs = serviceMs(batch);
    if (shedding === 'late' && nowMs + takesMs > this.latestStartMs(policy, queue, head)) return undefined;
    const short = shedding === 'late' && takesMs <= TIMER_SHARE * slaMs;
    return short || !followersPrecede(worker.batch, head, stages.length) ? worker : undefined;
  }
}

/**
 * Whether items that follow from a running batch may come before `head` on the same worker, because their requests arrived
 * earlier.
 */
function followersPrecede({ row, worker, entries }: BatchState, head: Entry, stages: number): boolean {
  const stage = stageOf(row, stages);
  const heavyHere = row === stage && worker.holds[heavyRow(stage, stages)];
  return entries.some(
    ({ request: { arrivalMs, last } }) =>
      arrivalMs <= head.request.arrivalMs && (heavyHere || (stage < last && worker.holds[stage + 1])),
  );
}
