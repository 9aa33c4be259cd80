import { Correction } from '../../solver/adapt/correction.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { hopMeanMs, inService, requestCostOf } from '../../solver/plan/serving.ts';
import { handOutMs } from '../../solver/simulate/service.ts';
import type { Counts } from './counts.ts';

/** Part of a core that requests must take for their core time to count: below it, what a process does besides would count for them. */
const BUSY_MIN = 0.05;

/**
 * Corrects what a profile says of serving by what is seen in service: the way of each stage's batches to a pod and back, and the
 * core time of a request outside the models.
 */
export class ServingCorrection {
  readonly #request = new Correction();
  readonly #hops = new Map<string, Correction>();
  #corrected: IdentifiedProfile;

  constructor(private readonly measured: IdentifiedProfile) {
    this.#corrected = measured;
  }

  /** The profile to plan with. */
  get profile(): IdentifiedProfile {
    return this.#corrected;
  }

  /**
   * Takes what was counted since the last call.
   * @param plan the plan that served meanwhile
   * @returns one text for each correction that plans count with from now on
   */
  take(growth: Counts, elapsedMs: number, plan: Plan): string[] {
    const { profile, sha256 } = this.measured;
    const told = [...this.#takeHops(growth, elapsedMs), ...this.#takeRequests(growth, elapsedMs, plan)];
    if (told.length > 0) {
      const hops = Object.fromEntries([...this.#hops].map(([stage, { used }]) => [stage, used]));
      this.#corrected = { sha256, profile: inService(profile, { request: this.#request.used, hops }) };
    }
    return told;
  }

  #takeHops({ rows }: Counts, elapsedMs: number): string[] {
    const { profile } = this.measured;
    return [...rows].flatMap(([stage, { batches, items, hops, hopMs }]) => {
      // Batches differ in size, and their ways take times nearly linear in it, so the mean size stands for all.
      const expectedMs = batches > 0 ? hopMeanMs(profile, stage, items / batches) : undefined;
      if (expectedMs === undefined) return [];
      const correction = this.#hops.get(stage) ?? new Correction();
      this.#hops.set(stage, correction);
      const seen = { n: hops, measuredMs: hopMs, expectedMs: hops * expectedMs };
      return correction.take(seen, elapsedMs) ? [text(`the way to pods of ${stage}`, correction)] : [];
    });
  }

  #takeRequests({ accepted, coreMs, rows }: Counts, elapsedMs: number, { stages }: Plan): string[] {
    const { profile } = this.measured;
    const cost = requestCostOf(profile);
    if (!cost || accepted * cost.coreMs < BUSY_MIN * elapsedMs) return [];
    const perBatchMs = handOutMs(profile, stages);
    const handedMs = stages.reduce((sum, row, s) => {
      const { batches = 0, items = 0 } = rows.get(row.name) ?? {};
      return batches > 0 ? sum + batches * perBatchMs(s, items / batches) : sum;
    }, 0);
    const seen = {
      n: accepted,
      measuredMs: Math.max(0, coreMs - handedMs),
      expectedMs: accepted * cost.coreMs,
    };
    return this.#request.take(seen, elapsedMs) ? [text('a request outside the models', this.#request)] : [];
  }
}

const text = (what: string, { used }: Correction): string =>
  `${what} takes ${used.toFixed(2)} times what the profile says: plans count with that from now on`;
