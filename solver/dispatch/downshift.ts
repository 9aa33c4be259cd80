import type { Admission } from './admission.ts';
import type { RequestState } from './queue.ts';
import { standbyRow } from './rows.ts';
import type { DispatchPolicy, DispatchStage } from './types.ts';
import type { WorkerState } from './workers.ts';

/**
 * Downshift: lighter work replaces planned work while the newest request cannot be expected to make the SLA behind all that waits
 * for the same workers. The standby of a stage runs its batches, and the answers of a cascade's light variant stand. So requests
 * are shed only where lighter work takes too long too.
 */
export class Downshift {
  #policy: DispatchPolicy;
  #lightest: DispatchPolicy;

  constructor(
    policy: DispatchPolicy,
    private readonly admission: Admission,
  ) {
    this.#policy = policy;
    this.#lightest = lightestOf(policy);
  }

  setPolicy(policy: DispatchPolicy): void {
    this.#policy = policy;
    this.#lightest = lightestOf(policy);
  }

  /** The policy with the lightest work that may replace planned work. By its times, requests are admitted and shed. */
  get lightest(): DispatchPolicy {
    return this.#lightest;
  }

  /** Whether an item that waits for a row may leave it with the answer that it has, because the row is a heavy variant's. */
  settles(row: number): boolean {
    return this.#policy.downshift === true && row >= this.#policy.stages.length;
  }

  /** Whether a worker may run a row's batches with the standby of the row. */
  hasStandby(row: number, worker: WorkerState): boolean {
    const { downshift, stages } = this.#policy;
    return downshift === true && !!stages[row]?.standby && worker.holds[standbyRow(row, stages.length)]!;
  }

  /** Whether the next batch of a row must be lighter than planned. @param newest the request that entered last */
  isDue(row: number, newest: RequestState, nowMs: number): boolean {
    return !this.admission.keepsUp(this.#policy, newest, nowMs, row);
  }
}

/** A policy as if each stage had only its lightest variant. */
function lightestOf(policy: DispatchPolicy): DispatchPolicy {
  if (!policy.downshift) return policy;
  const stages = policy.stages.map(
    ({ heavy: _, standby, ...row }): DispatchStage =>
      standby ? { ...row, serviceMs: standby.serviceMs } : row,
  );
  return { ...policy, stages };
}
