import { type Plan, stageNameOf } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { corrected } from '../plan/in-service.ts';
import { hopMeanMs, hopPause, meanAfterPausesMs, requestCostOf } from '../plan/serving.ts';
import { threadMsOf } from '../simulate/service.ts';
import { BatchCorrection, type TimedBatches } from './batch-correction.ts';
import { Correction, NONE_SEEN, type Seen, together } from './correction.ts';
import { type Counts, NO_BATCHES, sessionText } from './serving-counts.ts';

/**
 * The core time of requests is corrected only if the profile expects them to use at least this fraction of a core. Below it,
 * other work of the process would count as the requests' work.
 */
const BUSY_MIN = 0.05;
/**
 * The core time of requests is corrected only while at most this many requests are refused for each accepted one. A refusal takes
 * core time, too, and nothing measures how much.
 */
const REJECTED_MAX = 0.1;

/**
 * Corrects a profile by measurements in service: the time that batches take in their workers, the time that each stage's batches
 * take to a pod and back, and the core time of a request outside the models.
 */
export class ServingCorrection {
  #request = new Correction();
  readonly #hops = new Map<string, Correction>();
  readonly #batches: BatchCorrection;
  #corrected: IdentifiedProfile;

  constructor(private readonly measured: IdentifiedProfile) {
    this.#batches = new BatchCorrection(measured.profile);
    this.#corrected = measured;
  }

  /** The profile to plan with. */
  get profile(): IdentifiedProfile {
    return this.#corrected;
  }

  /** Starts with the corrections that a plan was made with, which an earlier process has measured. */
  resume({ inService }: Plan): void {
    if (!inService) return;
    const { request, hops = {}, batches = {} } = inService;
    this.#request = new Correction({ start: request });
    for (const [stage, start] of Object.entries(hops)) this.#hops.set(stage, new Correction({ start }));
    this.#batches.resume(batches);
    this.#corrected = corrected(this.measured, inService);
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

  #takeHops({ rows }: Counts, elapsedMs: number, { stages, workers }: Plan): string[] {
    const { profile } = this.measured;
    const afterPause = hopPause(profile);
    const seen = new Map<string, Seen>();
    for (const row of stages) {
      const stage = stageNameOf(row);
      const { batches, items, hops, hopMs, runMs } = rows.get(row.name) ?? NO_BATCHES;
      // The time of a hop is nearly linear in the batch size, so the mean size can stand for all batches.
      const meanMs = batches > 0 ? hopMeanMs(profile, stage, items / batches) : undefined;
      if (meanMs === undefined) continue;
      // The factor corrects a hop without its delay after a pause, because predictions add that delay to the corrected hop.
      const workersMs = elapsedMs * workers.filter((worker) => worker.stages.includes(row.name)).length;
      const pauseMs = afterPause
        ? meanAfterPausesMs(afterPause, workersMs / batches, (runMs + hopMs) / workersMs)
        : 0;
      const own = {
        n: hops,
        measuredMs: Math.max(0, hopMs - hops * pauseMs),
        expectedMs: hops * meanMs,
      };
      seen.set(stage, together(seen.get(stage) ?? NONE_SEEN, own));
    }
    return [...seen].flatMap(([stage, of]) => {
      const correction = getOrMake(this.#hops, stage, () => new Correction());
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

  /**
   * Corrects the times of batches. It leaves out rows whose batches another session may have run: a gateway serves the old plan
   * until the pods of the new plan have started.
   */
  #takeBatches({ rows, sessions }: Counts, elapsedMs: number, plan: Plan): string[] {
    const timed = new Map<string, TimedBatches>();
    for (const row of plan.stages) {
      const { runs, runItems, runMs } = rows.get(row.name) ?? NO_BATCHES;
      const isPlanned = [...(sessions.get(row.name) ?? [])].every((session) => session === sessionText(row));
      if (isPlanned) timed.set(row.name, { batches: runs, items: runItems, ms: runMs });
    }
    return this.#batches.take(timed, elapsedMs, plan);
  }
}
