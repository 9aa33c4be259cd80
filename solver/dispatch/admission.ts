import type { Outlook } from './outlook.ts';
import type { RequestState } from './queue.ts';
import type { Queues } from './queues.ts';
import { rowAt, stageOf, standbyRow } from './rows.ts';
import type { ShedRule } from './shed-rule.ts';
import type { DispatchPolicy } from './types.ts';
import type { BatchState, Sharing, Workers } from './workers.ts';

/** Estimates whether requests make the SLA behind all that waits and runs. */
export class Admission {
  constructor(
    private readonly outlook: Outlook,
    private readonly shedRule: ShedRule,
    private readonly queues: Queues,
    private readonly workers: Workers,
    private readonly batches: ReadonlyMap<number, BatchState>,
  ) {}

  /** As of `Dispatch`. @param stage the stage that the requests enter @param last the stage after which they end */
  canMake(
    policy: DispatchPolicy,
    arrivalMs: number,
    nowMs: number,
    requests: number,
    { stage, last }: { readonly stage: number; readonly last: number },
  ): boolean {
    if (policy.shedding === 'never') return true;
    const request = { arrivalMs, last, waiting: 1 };
    const together = Math.min(this.queues.together(stage) + requests, policy.stages[stage]!.batch);
    const backlogMs = this.#backlogMs(policy, nowMs, this.workers.sharing(), stage, requests - 1);
    return nowMs + backlogMs <= this.shedRule.latestStartMs(policy, stage, request, together);
  }

  /**
   * Whether a request can be expected to make the SLA if it waits for a row behind all that waits and runs on the row's workers.
   * @param request a request that counts among those that wait
   */
  keepsUp(policy: DispatchPolicy, { arrivalMs, last }: RequestState, nowMs: number, row: number): boolean {
    const { batch } = rowAt(policy.stages, row)!;
    const together = Math.max(1, Math.min(this.queues.together(row), batch));
    const groups = this.workers.sharing().filter((group) => group.rows.includes(row));
    const backlogMs = this.#backlogMs(policy, nowMs, groups, row, -1);
    const request = { arrivalMs, last, waiting: 1 };
    return nowMs + backlogMs <= this.shedRule.latestStartMs(policy, row, request, together);
  }

  /**
   * Expected time until all that waits and runs is done.
   * @param groups the workers that count
   * @param more number of items that come to wait for `row`
   */
  #backlogMs(
    { stages }: DispatchPolicy,
    nowMs: number,
    groups: readonly Sharing[],
    row: number,
    more: number,
  ): number {
    const { waiting } = this.queues;
    waiting[row] = Math.max(0, waiting[row]! + more);
    const running = waiting.map(() => 0);
    const leftMs = waiting.map(() => 0);
    for (const { row: ran, entries, startMs } of this.batches.values()) {
      const takesMs = this.#takesMs(stages, ran, entries.length);
      // A standby has no queue of its own: what follows from its batches follows from the stage's.
      const queued = ran < waiting.length ? ran : stageOf(ran, stages.length);
      running[queued]! += entries.length;
      leftMs[queued]! += Math.min(takesMs, Math.max(0, startMs + takesMs - nowMs));
    }
    return this.outlook.backlogMs(stages, { waiting, running, leftMs }, groups);
  }

  /** Expected time of a batch. A batch of a heavy variant or a standby that has gone counts as its stage's. */
  #takesMs(stages: DispatchPolicy['stages'], row: number, items: number): number {
    const stage = stages[stageOf(row, stages.length)]!;
    const standby = row >= standbyRow(0, stages.length) ? stage.standby : undefined;
    return (standby ?? rowAt(stages, row) ?? stage).serviceMs(items);
  }
}
