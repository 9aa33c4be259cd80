import type { Outlook } from './outlook.ts';
import type { RequestState } from './queue.ts';
import type { DispatchPolicy } from './types.ts';

/** The shed rule's margin settles where this share of started requests is wasted: shed after their first stage, too late, or hurried. */
const WASTED_SHARE = 0.05;
/** Each wasted request widens the margin by this part of the SLA. */
const STEP = 0.01;
const MOST = 0.5;

/**
 * The shed rule: a request is late if its expected remaining time is longer than what is left of its SLA, and late requests are
 * shed. Before its first stage a request must be early by a margin, because in an overload, queues and slow batches make the
 * expected times too short. The margin settles where {@link WASTED_SHARE} of the started requests is wasted.
 *
 * No request is shed as it arrives for the queue before it: workers that are starting may serve it in time.
 */
export class ShedRule {
  /** How early a request must be before its first stage, as a part of the SLA. */
  #margin = 0;

  constructor(private readonly outlook: Outlook) {}

  /**
   * The last moment at which a request can start a stage and still be expected to make the SLA.
   * @param request the request, with the number of its items that wait
   * @param together number of items in each of their batches
   */
  latestStartMs(
    { slaMs, stages }: DispatchPolicy,
    stage: number,
    { arrivalMs, last, waiting }: Pick<RequestState, 'arrivalMs' | 'last' | 'waiting'>,
    together: number,
  ): number {
    const dueMs = arrivalMs + slaMs * (1 - (stage === 0 ? this.#margin : 0));
    return dueMs - this.outlook.remainingMs(stages, stage, last, waiting, together);
  }

  /** Adjusts the margin when a request is shed while it waits for `stage`. */
  shed(stage: number): void {
    if (stage > 0) this.#grow();
    else this.#shrink();
  }

  /** Adjusts the margin when a request completes. @param well in time, and not hurried (`downshift.ts`) */
  completed(well: boolean): void {
    if (well) this.#shrink();
    else this.#grow();
  }

  #grow(): void {
    this.#margin = Math.min(MOST, this.#margin + STEP);
  }

  #shrink(): void {
    this.#margin = Math.max(0, this.#margin - (STEP * WASTED_SHARE) / (1 - WASTED_SHARE));
  }
}
