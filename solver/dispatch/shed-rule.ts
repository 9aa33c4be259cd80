import type { Outlook } from './outlook.ts';
import type { Entry, ItemQueue } from './queue.ts';
import type { DispatchPolicy } from './types.ts';

/** Share of begun requests that may be wasted: they are shed after their first stage, or complete too late. */
const WASTED_SHARE = 0.05;
/** Part of the SLA by which the margin grows for each wasted request. */
const STEP = 0.01;
const MOST = 0.5;

/**
 * The shed rule: a request is late once its expected remaining time is longer than the rest of its SLA, and a late request is
 * shed. Before its first stage a request must be early by a margin, because in an overload, queues and slow batches make the
 * expected times too short. The margin settles where {@link WASTED_SHARE} of begun requests is wasted.
 */
export class ShedRule {
  /** As a part of the SLA. */
  #margin = 0;

  constructor(private readonly outlook: Outlook) {}

  /** The last moment at which the first request of a queue can start there and is expected to make the SLA. */
  latestStartMs({ slaMs, stages }: DispatchPolicy, queue: ItemQueue, { request }: Entry): number {
    const { stage } = queue;
    const together = queue.solo ? 1 : Math.min(queue.size, stages[stage]!.batch);
    const dueMs = request.arrivalMs + slaMs * (1 - (stage === 0 ? this.#margin : 0));
    return dueMs - this.outlook.remainingMs(stages, stage, request.last, request.waiting, together);
  }

  /** A request was shed while it waited for a stage. */
  shed(stage: number): void {
    if (stage > 0) this.#grow();
    else this.#shrink();
  }

  /** A request completed. */
  completed(inTime: boolean): void {
    if (inTime) this.#shrink();
    else this.#grow();
  }

  #grow(): void {
    this.#margin = Math.min(MOST, this.#margin + STEP);
  }

  #shrink(): void {
    this.#margin = Math.max(0, this.#margin - (STEP * WASTED_SHARE) / (1 - WASTED_SHARE));
  }
}
