import type { Outlook } from './outlook.ts';
import type { Queues } from './queues.ts';
import { rowAt, stageOf } from './rows.ts';
import type { ShedRule } from './shed-rule.ts';
import type { DispatchPolicy } from './types.ts';
import type { BatchState, Workers } from './workers.ts';

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
    const backlogMs = this.#backlogMs(policy, nowMs, stage, requests - 1);
    return nowMs + backlogMs <= this.shedRule.latestStartMs(policy, stage, request, together);
  }

  /** Expected time until all that waits and runs is done. @param more number of items that come to wait for `stage` */
  #backlogMs({ stages }: DispatchPolicy, nowMs: number, stage: number, more: number): number {
    const { waiting } = this.queues;
    waiting[stage]! += more;
    const running = waiting.map(() => 0);
    const leftMs = waiting.map(() => 0);
    for (const { row, entries, startMs } of this.batches.values()) {
      // A batch of a heavy variant that has gone counts as its stage's.
      const takesMs = (rowAt(stages, row) ?? stages[stageOf(row, stages.length)]!).serviceMs(entries.length);
      running[row]! += entries.length;
      leftMs[row]! += Math.min(takesMs, Math.max(0, startMs + takesMs - nowMs));
    }
    return this.outlook.backlogMs(stages, { waiting, running, leftMs }, this.workers.sharing());
  }
}
