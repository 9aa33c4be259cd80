import type { Batches } from './batches.ts';
import type { Outlook } from './outlook.ts';
import type { RequestState } from './queue.ts';
import type { Queues } from './queues.ts';
import { isStandbyRow, rowAt, stageOf } from './rows.ts';
import type { ShedRule } from './shed-rule.ts';
import type { DispatchPolicy } from './types.ts';
import type { Workers } from './workers.ts';

/** Estimates whether requests can meet the SLA behind all work that waits or runs before them. */
export class Admission {
  constructor(
    private readonly outlook: Outlook,
    private readonly shedRule: ShedRule,
    private readonly queues: Queues,
    private readonly workers: Workers,
    private readonly batches: Batches,
  ) {}

  /**
   * Whether requests that arrived together can be expected to make the SLA: `Dispatch.canMake` with the policies to use.
   * @param policies the policies with the expected times: `backlog` for the work ahead, `request` for the requests themselves
   * @param stage the stage that the requests enter
   * @param last the stage after which they end
   */
  canMake(
    policies: { readonly backlog: DispatchPolicy; readonly request: DispatchPolicy },
    arrivalMs: number,
    nowMs: number,
    requests: number,
    { stage, last }: { readonly stage: number; readonly last: number },
  ): boolean {
    const { backlog, request: policy } = policies;
    if (policy.shedding === 'never') return true;
    const request = { arrivalMs, last, waiting: 1 };
    const together = Math.min(this.queues.together(stage) + requests, policy.stages[stage]!.batch);
    const counts = this.#counted(backlog, nowMs);
    counts.waiting[stage]! += requests - 1;
    const backlogMs = this.outlook.backlogMs(backlog.stages, counts, this.workers.sharing());
    return nowMs + backlogMs <= this.shedRule.latestStartMs(policy, stage, request, together);
  }

  /**
   * Whether the workers of a row keep up: whether the newest request that waits for these workers can be expected to make the SLA
   * behind all others. Items that wait for other workers do not count, because they come only as fast as those workers finish them.
   * The newest request's own wait for the first stage does not count either.
   */
  keepsUp(policy: DispatchPolicy, nowMs: number, row: number): boolean {
    const { stages } = policy;
    const group = this.workers.sharing().find(({ rows }) => rows.includes(row))!;
    let newest: { readonly row: number; readonly request: RequestState } | undefined;
    for (const other of group.rows) {
      const request = this.queues.newest(other);
      if (request && !(newest && newest.request.arrivalMs >= request.arrivalMs))
        newest = { row: other, request };
    }
    if (!newest) return true;
    const counts = this.#counted(policy, nowMs);
    for (const count of Object.values(counts))
      for (const other of count.keys()) if (!group.rows.includes(other)) count[other] = 0;
    counts.waiting[newest.row]!--;
    const backlogMs = this.outlook.backlogMs(stages, counts, [group]);
    const together = Math.min(this.queues.together(newest.row), rowAt(stages, newest.row)!.batch);
    const { arrivalMs, last: lastStage } = newest.request;
    const request = { arrivalMs, last: lastStage, waiting: 1 };
    const latestMs = this.shedRule.latestStartMs(policy, newest.row, request, together);
    return nowMs + backlogMs <= latestMs + newest.request.waitedMs;
  }

  /**
   * For each row, the number of items that wait, the number that run, and the time that the running batches still take. A
   * standby's batches count for the row of its stage, because their items go through the same later stages.
   */
  #counted({ stages }: DispatchPolicy, nowMs: number): Record<'waiting' | 'running' | 'leftMs', number[]> {
    const { waiting } = this.queues;
    const running = waiting.map(() => 0);
    const leftMs = waiting.map(() => 0);
    for (const { row: ran, entries, startMs } of this.batches.values()) {
      const takesMs = this.#takesMs(stages, ran, entries.length);
      const row = isStandbyRow(ran, stages.length) ? stageOf(ran, stages.length) : ran;
      running[row]! += entries.length;
      leftMs[row]! += Math.min(takesMs, Math.max(0, startMs + takesMs - nowMs));
    }
    return { waiting, running, leftMs };
  }

  /** Expected time of a batch. If the policy no longer has the variant that runs the batch, the stage's variant stands in. */
  #takesMs(stages: DispatchPolicy['stages'], row: number, items: number): number {
    const stage = stages[stageOf(row, stages.length)]!;
    const standby = isStandbyRow(row, stages.length) ? stage.standby : undefined;
    return (standby ?? rowAt(stages, row) ?? stage).serviceMs(items);
  }
}
