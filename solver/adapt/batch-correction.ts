import { timesOf } from '../dispatch/plan.ts';
import type { Backend } from '../documents/common.ts';
import { type Plan, type PlanStage, stageNameOf } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { hopMeanMs } from '../plan/serving.ts';
import { Correction, type Seen } from './correction.ts';

/** Batches of one row of a plan that were timed in service. */
export interface TimedBatches {
  readonly batches: number;
  /** Number of items in all of them. */
  readonly items: number;
  /** Time that the batches took in their workers, in total. */
  readonly ms: number;
}

/**
 * Time constant of the smoothing. It is shorter than that of other corrections, because a device that gets too hot slows down
 * within minutes, and because hundreds of batches are timed in that time.
 */
export const BATCH_SLOWNESS_MS = 60_000;
/**
 * Batches of a backend are counted only if its workers were busy with them for at least this fraction of the time. Batches after
 * long pauses take longer, and say little about those of a load that workers hardly keep up with.
 */
const BUSY_MIN = 0.2;

/**
 * Corrects the times of a profile's batches by those in service, with one factor for each backend: what slows a device down, such
 * as heat or other programs, slows down all its models.
 */
export class BatchCorrection {
  readonly #byBackend = new Map<Backend, Correction>();

  /** @param profile that plans are made from, without corrections */
  constructor(private readonly profile: Pick<Profile, 'serving'>) {}

  /** The factors that plans use. */
  get factors(): Partial<Record<Backend, number>> {
    return Object.fromEntries([...this.#byBackend].map(([backend, { used }]) => [backend, used]));
  }

  /**
   * Adds the batches since the last call.
   * @param timed by the name of the row; only batches of the plan's own variants, not of standbys
   * @param plan the plan that served in that time
   * @returns a log text for each factor that changed enough for plans to use it from now on
   */
  take(timed: ReadonlyMap<string, TimedBatches>, elapsedMs: number, plan: Plan): string[] {
    return backendsOf(plan).flatMap((backend) => {
      const seen = this.#seen(timed, backend, plan);
      const workers = plan.workers.filter(
        (worker) => worker.backend === backend && worker.stages.some((row) => timed.has(row)),
      ).length;
      if (seen.measuredMs < BUSY_MIN * elapsedMs * workers) return [];
      const correction = this.#byBackend.get(backend) ?? new Correction(BATCH_SLOWNESS_MS);
      this.#byBackend.set(backend, correction);
      return correction.take(seen, elapsedMs) ? [correction.text(`a batch on ${backend}`)] : [];
    });
  }

  #seen(timed: ReadonlyMap<string, TimedBatches>, backend: Backend, plan: Plan): Seen {
    const { batchTimeFactor = 1 } = plan.predicted;
    let [n, tookMs, expectedMs] = [0, 0, 0];
    for (const row of plan.stages) {
      const { batches, items, ms } = timed.get(row.name) ?? { batches: 0, items: 0, ms: 0 };
      if (row.backend !== backend || batches === 0) continue;
      n += batches;
      tookMs += ms;
      expectedMs += batches * measuredMs(this.profile, row, items / batches, plan) * batchTimeFactor;
    }
    return { n, measuredMs: tookMs, expectedMs };
  }
}

const backendsOf = ({ workers }: Plan): Backend[] => [...new Set(workers.map(({ backend }) => backend))];

/**
 * Mean time of a row's batch in its worker by the profile that a plan was made from, before the plan's corrections and without the
 * way to a pod. The time is nearly linear in the batch size, so the mean size can stand for all batches.
 */
function measuredMs(profile: Pick<Profile, 'serving'>, row: PlanStage, items: number, plan: Plan): number {
  const { hops = {}, batches = {} } = plan.inService ?? {};
  const stage = stageNameOf(row);
  const hopMs = (hops[stage] ?? 1) * (hopMeanMs(profile, stage, items) ?? 0);
  return Math.max(0, timesOf(row.serviceMs)(items) - hopMs) / (batches[row.backend] ?? 1);
}
