import { BatchCorrection, type TimedBatches } from '../../solver/adapt/batch-correction.ts';
import { Correction } from '../../solver/adapt/correction.ts';
import { sameChoice } from '../../solver/adapt/diff.ts';
import { type Plan, stageNameOf } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { corrected } from '../../solver/plan/in-service.ts';
import { hopMeanMs, requestCostOf } from '../../solver/plan/serving.ts';
import { threadMsOf } from '../../solver/simulate/service.ts';
import { type Counts, NO_BATCHES } from './counts.ts';

/**
 * The core time of requests is corrected only if the profile expects them to use at least this fraction of a core: below it,
 * other work of the process would be counted as theirs.
 */
const BUSY_MIN = 0.05;
/**
 * The core time of requests is corrected only while at most this many are refused for each accepted one: a refusal takes core
 * time, too, and nothing measures how much.
 */
const REJECTED_MAX = 0.1;

/** Gateways may use the plan before for this long after a new plan was decided on, because its pods have to start first. */
const SETTLED_MS = 30_000;

/**
 * Corrects a profile by measurements in service: the time that batches take in their workers, the time that each stage's batches
 * take to a pod and back, and the core time of a request outside the models.
 */
export class ServingCorrection {
  readonly #request = new Correction();
  readonly #hops = new Map<string, Correction>();
  readonly #batches: BatchCorrection;
  #lastPlan: Plan | undefined;
  /** How long the plan has stayed the same. */
  #stayedMs = 0;
  #corrected: IdentifiedProfile;

  constructor(private readonly measured: IdentifiedProfile) {
    this.#batches = new BatchCorrection(measured.profile);
    this.#corrected = measured;
  }

  /** The profile to plan with. */
  get profile(): IdentifiedProfile {
    return this.#corrected;
  }

  /**
   * Updates the corrections with the counts since the last call.
   * @param plan the plan that served in that time
   * @returns a log text for each correction that changed enough for plans to use it from now on
   */
  take(growth: Counts, elapsedMs: number, plan: Plan): string[] {
    const lines = [
      ...this.#takeHops(growth, elapsedMs, plan),
      ...this.#takeRequests(growth, elapsedMs, plan),
      ...this.#takeBatches(growth, elapsedMs, plan),
    ];
    if (lines.length > 0) {
      const hops = Object.fromEntries([...this.#hops].map(([stage, { used }]) => [stage, used]));
      const factors = { request: this.#request.used, hops, batches: this.#batches.factors };
      this.#corrected = corrected(this.measured, factors);
    }
    return lines;
  }

  #takeHops({ rows }: Counts, elapsedMs: number, { stages }: Plan): string[] {
    const { profile } = this.measured;
    const seen = new Map<string, { n: number; measuredMs: number; expectedMs: number }>();
    for (const row of stages) {
      const stage = stageNameOf(row);
      const { batches, items, hops, hopMs } = rows.get(row.name) ?? NO_BATCHES;
      // The time of a hop is nearly linear in the batch size, so the mean size can stand for all batches.
      const meanMs = batches > 0 ? hopMeanMs(profile, stage, items / batches) : undefined;
      if (meanMs === undefined) continue;
      const { n, measuredMs, expectedMs } = seen.get(stage) ?? { n: 0, measuredMs: 0, expectedMs: 0 };
      seen.set(stage, {
        n: n + hops,
        measuredMs: measuredMs + hopMs,
        expectedMs: expectedMs + hops * meanMs,
      });
    }
    return [...seen].flatMap(([stage, of]) => {
      const correction = this.#hops.get(stage) ?? new Correction();
      this.#hops.set(stage, correction);
      return correction.take(of, elapsedMs) ? [correction.text(`the way to pods of ${stage}`)] : [];
    });
  }

  #takeRequests({ accepted, rejected, coreMs, rows }: Counts, elapsedMs: number, plan: Plan): string[] {
    const { profile } = this.measured;
    const { stages } = plan;
    const cost = requestCostOf(profile, plan);
    if (!cost || accepted * cost.coreMs < BUSY_MIN * elapsedMs || rejected > REJECTED_MAX * accepted)
      return [];
    const perBatchMs = threadMsOf(profile, stages);
    const handedMs = stages.reduce((sum, row, s) => {
      const { batches, items } = rows.get(row.name) ?? NO_BATCHES;
      return batches > 0 ? sum + batches * perBatchMs(s, items / batches) : sum;
    }, 0);
    const seen = {
      n: accepted,
      measuredMs: Math.max(0, coreMs - handedMs),
      expectedMs: accepted * cost.coreMs,
    };
    return this.#request.take(seen, elapsedMs) ? [this.#request.text('a request outside the models')] : [];
  }

  /** Leaves out counts of the time after a change of the plan, and rows that downshifted: not all batches are of planned variants. */
  #takeBatches({ rows }: Counts, elapsedMs: number, plan: Plan): string[] {
    const stays = this.#lastPlan !== undefined && sameChoice(plan, this.#lastPlan);
    this.#lastPlan = plan;
    this.#stayedMs = stays ? this.#stayedMs + elapsedMs : 0;
    if (this.#stayedMs < SETTLED_MS) return [];
    const timed = new Map<string, TimedBatches>();
    for (const [row, { batches, items, batchMs, hops, podRuns, podRunMs, downshifted }] of rows) {
      if (downshifted > 0) continue;
      // The time of a batch for a pod includes its way, and perhaps the wait for the batch before; the pod tells its own time.
      const inPods = hops > 0;
      timed.set(
        row,
        inPods
          ? { batches: podRuns, items: (items / batches) * podRuns, ms: podRunMs }
          : { batches, items, ms: batchMs },
      );
    }
    return this.#batches.take(timed, elapsedMs, plan);
  }
}
