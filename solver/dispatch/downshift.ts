import type { Admission } from './admission.ts';
import type { NextBatch } from './next-batch.ts';
import type { Entry, ItemQueue } from './queue.ts';
import { isHeavyRow, standbyRow } from './rows.ts';
import type { DispatchPolicy, DispatchStage } from './types.ts';
import type { WorkerState } from './workers.ts';

/** Policies with the times of the lightest variants in place of the planned ones; without downshift, the planned policy. */
interface LightPolicies {
  readonly everywhere: DispatchPolicy;
  /**
   * For each stage, a policy that is light only at that stage. A request that waits there is late only if it would be late even
   * with lighter work at that stage and planned work at all others.
   */
  readonly at: readonly DispatchPolicy[];
}

/**
 * Downshift: lighter work replaces planned work if a batch would be late as planned, or if its workers do not keep up
 * (`Admission.keepsUp`). In a stage with a standby, the standby runs the batches; in a cascade, the light variant's answers stand.
 * So the dispatch sheds requests only if even lighter work takes too long.
 *
 * If the first stage does not keep up, lighter work at a later stage saves no request: it makes up for one request's wait before
 * the first stage, but the next requests wait as long. The request that it helps is called hurried. The shed rule counts hurried
 * requests as wasted, so that they stay few.
 */
export class Downshift {
  #policy: DispatchPolicy;
  #light: LightPolicies;

  constructor(
    policy: DispatchPolicy,
    private readonly admission: Admission,
    private readonly nextBatch: NextBatch,
  ) {
    this.#policy = policy;
    this.#light = lightOf(policy);
  }

  setPolicy(policy: DispatchPolicy): void {
    this.#policy = policy;
    this.#light = lightOf(policy);
  }

  /** Whether requests that have arrived together can be expected to make the SLA, with lighter work where they wait. */
  canMake(
    arrivalMs: number,
    nowMs: number,
    requests: number,
    route: { readonly stage: number; readonly last: number },
  ): boolean {
    const policies = { backlog: this.#light.everywhere, request: this.#light.at[route.stage]! };
    return this.admission.canMake(policies, arrivalMs, nowMs, requests, route);
  }

  /**
   * The last time at which a queue's head can start and still be expected to make the SLA: with lighter work in its stage or, in
   * the queue of a heavy variant, with the planned work.
   */
  latestStartMs(queue: ItemQueue, head: Entry): number {
    return this.nextBatch.latestStartMs(this.#light.at[queue.row] ?? this.#policy, queue, head);
  }

  /** Whether items that wait for a row may leave it with the light variant's answer: the row must be a heavy variant's. */
  settles(row: number): boolean {
    return this.#policy.downshift === true && isHeavyRow(row, this.#policy.stages.length);
  }

  /** Whether a worker may run a row's batches with the standby of the row. */
  hasStandby(row: number, worker: WorkerState): boolean {
    const { downshift, stages } = this.#policy;
    return downshift === true && !!stages[row]?.standby && worker.holds[standbyRow(row, stages.length)]!;
  }

  /** Whether the next batch of a queue must be lighter than planned. */
  isDue(queue: ItemQueue, nowMs: number): boolean {
    const head = queue.head()!;
    return (
      nowMs > this.nextBatch.latestStartMs(this.#policy, queue, head) ||
      !this.admission.keepsUp(this.#policy, nowMs, queue.row)
    );
  }

  /**
   * Whether lighter work, if it is due for the next batch of a queue, makes up for a wait before the first stage: the workers keep
   * up, so the item at the head is late, and it is late only because of that wait.
   */
  hurries(queue: ItemQueue, nowMs: number): boolean {
    const head = queue.head()!;
    const lateMs = nowMs - this.nextBatch.latestStartMs(this.#policy, queue, head);
    return lateMs <= head.request.waitedMs && this.admission.keepsUp(this.#policy, nowMs, queue.row);
  }
}

/** A policy with the lightest variant of one stage, or of all, in place of the planned ones. */
function lightened(policy: DispatchPolicy, lightStage?: number): DispatchPolicy {
  if (!policy.downshift) return policy;
  const stages = policy.stages.map((stage, s): DispatchStage => {
    if (lightStage !== undefined && s !== lightStage) return stage;
    const { heavy: _, standby, ...row } = stage;
    return standby ? { ...row, serviceMs: standby.serviceMs } : row;
  });
  return { ...policy, stages };
}

const lightOf = (policy: DispatchPolicy): LightPolicies => ({
  everywhere: lightened(policy),
  at: policy.stages.map((_, stage) => lightened(policy, stage)),
});
