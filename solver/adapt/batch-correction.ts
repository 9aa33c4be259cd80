import { interpolate } from '../dispatch/interpolate.ts';
import { roundTripsMs } from '../documents/cell.ts';
import type { Backend } from '../documents/common.ts';
import type { Plan, PlanStage } from '../documents/plan.ts';
import { cellsOfStage, type Profile } from '../documents/profile.ts';
import { mean } from '../math/statistics.ts';
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

  constructor(private readonly profile: Pick<Profile, 'cells'>) {}

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

  #seen(
    timed: ReadonlyMap<string, TimedBatches>,
    backend: Backend,
    { stages, predicted: { batchTimeFactor = 1 } }: Plan,
  ): Seen {
    let [n, measuredMs, expectedMs] = [0, 0, 0];
    for (const row of stages) {
      const { batches, items, ms } = timed.get(row.name) ?? { batches: 0, items: 0, ms: 0 };
      if (row.backend !== backend || batches === 0) continue;
      const meanMs = meanMsOf(this.profile, row, items / batches);
      if (meanMs === undefined) continue;
      n += batches;
      measuredMs += ms;
      expectedMs += batches * meanMs * batchTimeFactor;
    }
    return { n, measuredMs, expectedMs };
  }
}

const backendsOf = ({ workers }: Plan): Backend[] => [...new Set(workers.map(({ backend }) => backend))];

/**
 * Mean time of a row's batch by the profile; undefined if no batch was measured. The time is nearly linear in the batch size, so
 * the mean size can stand for all batches.
 */
function meanMsOf(profile: Pick<Profile, 'cells'>, row: PlanStage, items: number): number | undefined {
  const cells = cellsOfStage(profile, row).toSorted((a, b) => a.batch - b.batch);
  if (cells.length === 0) return undefined;
  const sizes = cells.map(({ batch }) => batch);
  return interpolate(sizes, (i) => mean(roundTripsMs(cells[i]!)), items);
}
