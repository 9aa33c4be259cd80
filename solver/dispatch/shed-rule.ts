import type { Outlook } from './outlook.ts';
import type { RequestState } from './queue.ts';
import { isHeavyRow, stageOf } from './rows.ts';
import type { DispatchPolicy } from './types.ts';

/**
 * A margin settles where this share of the requests that reached its stage is wasted: started there and then shed, completed
 * late, or hurried (`downshift.ts`).
 */
const WASTED_SHARE = 0.05;
/** Each wasted request widens a margin by this fraction of the SLA. */
const STEP = 0.01;
/** A margin never exceeds this fraction of the SLA. */
const MARGIN_MAX = 0.5;

/**
 * The shed rule: a request is late if its expected remaining time is longer than the rest of its SLA, and late requests are shed.
 * Before every stage but the last, and before the only stage of a pipeline, a request must be early by a margin, because in an
 * overload, queues and slow batches make the expected times too short. The queue forms before the slowest stage, so each stage
 * has a margin of its own. A margin settles where {@link WASTED_SHARE} of the requests that reached the stage is wasted; a
 * request that is shed before it starts the stage wastes nothing there. After a pause as long as the SLA, the overload is over
 * and the margins are reset, because at a low rate they would take minutes to shrink.
 *
 * No request is shed on arrival because of the queue ahead: workers that are starting may serve it in time.
 */
export class ShedRule {
  /**
   * For each stage but the last, or for the only stage, how early a request must be when it starts the stage, as a fraction of
   * the SLA.
   */
  readonly #margins: number[];

  constructor(
    private readonly outlook: Outlook,
    private readonly stages: number,
  ) {
    this.#margins = Array(Math.max(1, stages - 1)).fill(0);
  }

  /**
   * The last moment at which a request can start a row and still be expected to make the SLA.
   * @param request the request, with the number of its items that wait
   * @param together number of items, also of other requests, in each batch that runs these items
   */
  latestStartMs(
    { slaMs, stages }: DispatchPolicy,
    row: number,
    { arrivalMs, last, waiting }: Pick<RequestState, 'arrivalMs' | 'last' | 'waiting'>,
    together: number,
  ): number {
    const dueMs = arrivalMs + slaMs * (1 - (this.#margins[row] ?? 0));
    return dueMs - this.outlook.remainingMs(stages, row, last, waiting, together);
  }

  /** Adjusts the margins when a request is shed while it waits for a row. */
  shed(row: number): void {
    const at = stageOf(row, this.stages);
    for (const stage of this.#margins.keys()) {
      if (stage < at || (stage === at && isHeavyRow(row, this.stages))) this.#grow(stage);
      else if (stage === at) this.#shrink(stage);
    }
  }

  /** Adjusts the margins when a request completes. @param well whether it met the SLA and was not hurried (`downshift.ts`) */
  completed(well: boolean): void {
    for (const stage of this.#margins.keys()) {
      if (well) this.#shrink(stage);
      else this.#grow(stage);
    }
  }

  /** Resets the margins after a time without open requests that is at least as long as the SLA. */
  afterIdle(idleMs: number, { slaMs }: Pick<DispatchPolicy, 'slaMs'>): void {
    if (idleMs >= slaMs) this.#margins.fill(0);
  }

  #grow(stage: number): void {
    this.#margins[stage] = Math.min(MARGIN_MAX, this.#margins[stage]! + STEP);
  }

  #shrink(stage: number): void {
    this.#margins[stage] = Math.max(0, this.#margins[stage]! - (STEP * WASTED_SHARE) / (1 - WASTED_SHARE));
  }
}
