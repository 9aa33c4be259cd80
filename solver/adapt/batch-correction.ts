import { timesOf } from '../dispatch/plan.ts';
import type { Backend } from '../documents/common.ts';
import { type Plan, type PlanStage, stageNameOf } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { forPods, hopMeanMs } from '../plan/serving.ts';
import { Correction, NONE_SEEN, type Seen, together } from './correction.ts';

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
/** The correction collects batches for this long before it counts them. */
const COLLECT_MS = 10_000;
/**
 * Batches of a backend count only if its workers were busy with them for at least this fraction of the time. Batches after long
 * pauses take longer, so they do not show how fast the device is under load.
 */
const BUSY_MIN = 0.2;

/** Sums over the batches of a backend that the correction has collected but not counted yet. */
interface Collected extends Seen {
  /** Elapsed time × number of the workers that could have run the batches. */
  readonly workersMs: number;
  readonly elapsedMs: number;
}

const NOTHING: Collected = { ...NONE_SEEN, workersMs: 0, elapsedMs: 0 };

/**
 * Corrects the times of a profile's batches by the times in service, with one factor for each backend. Heat or other programs
 * slow down all models on a backend alike.
 */
export class BatchCorrection {
  readonly #byBackend = new Map<Backend, Correction>();
  readonly #collected = new Map<Backend, Collected>();

  /** @param profile the uncorrected profile that plans are made from */
  constructor(private readonly profile: Pick<Profile, 'serving'>) {}

  /** The factors that plans use. */
  get factors(): Partial<Record<Backend, number>> {
    return Object.fromEntries([...this.#byBackend].map(([backend, { used }]) => [backend, used]));
  }

  /** Starts with these factors, which plans use already. */
  resume(factors: Partial<Record<Backend, number>>): void {
    for (const [backend, start] of Object.entries(factors))
      this.#byBackend.set(backend as Backend, new Correction({ slownessMs: BATCH_SLOWNESS_MS, start }));
  }

  /**
   * Adds the batches since the last call.
   * @param timed by the name of the row; only batches of the plan's own variants, not of standbys
   * @param plan the plan that served in that time
   * @returns a log text for each factor that changed enough for plans to use it from now on
   */
  take(timed: ReadonlyMap<string, TimedBatches>, elapsedMs: number, plan: Plan): string[] {
    // In a plan for pods, the expected times include the way to the pods. Unless the profile has that way, the worker's part of
    // them is not known.
    if (plan.forPods && !forPods(this.profile)) return [];
    return backendsOf(plan).flatMap((backend) => {
      const own = this.#ofBackend(backend, timed, elapsedMs, plan);
      const all = added(this.#collected.get(backend) ?? NOTHING, own);
      const isEnough = all.elapsedMs >= COLLECT_MS;
      this.#collected.set(backend, isEnough ? NOTHING : all);
      if (!isEnough || all.measuredMs < BUSY_MIN * all.workersMs) return [];
      const uncorrected = () => new Correction({ slownessMs: BATCH_SLOWNESS_MS });
      const correction = getOrMake(this.#byBackend, backend, uncorrected);
      return correction.take(all, all.elapsedMs) ? [correction.text(`a batch on ${backend}`)] : [];
    });
  }

  #ofBackend(
    backend: Backend,
    timed: ReadonlyMap<string, TimedBatches>,
    elapsedMs: number,
    plan: Plan,
  ): Collected {
    const seen = plan.stages.map((row): Seen => {
      const { batches, items, ms } = timed.get(row.name) ?? { batches: 0, items: 0, ms: 0 };
      if (row.backend !== backend || batches === 0) return NONE_SEEN;
      const expectedMs = batches * expectedOf(this.profile, row, items / batches, plan);
      return { n: batches, measuredMs: ms, expectedMs };
    });
    const workers = plan.workers.filter(
      (worker) => worker.backend === backend && worker.stages.some((row) => timed.has(row)),
    );
    return { ...seen.reduce(together), workersMs: workers.length * elapsedMs, elapsedMs };
  }
}

const added = (a: Collected, b: Collected): Collected => ({
  ...together(a, b),
  workersMs: a.workersMs + b.workersMs,
  elapsedMs: a.elapsedMs + b.elapsedMs,
});

const backendsOf = ({ workers }: Plan): Backend[] => [...new Set(workers.map(({ backend }) => backend))];

/**
 * The time of a row's batch in its worker that a plan would expect without its own corrections. The time is nearly linear in the
 * batch size, so the mean size can stand for all batches.
 */
function expectedOf(profile: Pick<Profile, 'serving'>, row: PlanStage, items: number, plan: Plan): number {
  const { hops = {}, batches = {} } = plan.inService ?? {};
  const stage = stageNameOf(row);
  const hopMs = (hops[stage] ?? 1) * (hopMeanMs(profile, stage, items) ?? 0);
  const ms = Math.max(0, timesOf(row.serviceMs)(items) - hopMs) / (batches[row.backend] ?? 1);
  // For pods, `batchTimeFactor` is of whole round trips, a part of which passes during the batch before, so it does not hold for
  // the worker.
  return ms * (forPods(profile) ? 1 : (plan.predicted.batchTimeFactor ?? 1));
}
