import { type Plan, type Prediction, requiredAttainment } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import { attainmentAtLeast, predict } from '../simulate/predict.ts';
import { withBestWorkers, workersApart } from './gpu-workers.ts';
import type { IlpChoice } from './ilp-choice.ts';
import { endToEndOf } from './replay.ts';

/** Requests per simulation. With 5,000, an attainment of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/**
 * A plan must keep its SLA even if each batch takes this many times as long as measured, because a machine is slower in some
 * minutes than in others, and slower under load than while it is profiled.
 */
const SLOWER = 1.1;
const AS_MEASURED = { n: REQUESTS, seed: SEED };
const IF_SLOWER = { ...AS_MEASURED, slower: SLOWER };

type Figures = Pick<IlpChoice, 'boundMs' | 'pas' | 'cost'>;

/**
 * Simulates a choice of the integer program. Each simulation runs when its result is first needed, because the planner rejects
 * most choices, and needs only a part of the simulation with slower batches for that.
 */
export class SimulatedPlan {
  #confirmed: boolean | undefined;
  #plan: Plan | undefined;
  /** The attainment with slower batches; undefined until a simulation of them has reached the required attainment. */
  #slowerAttainment: number | undefined;

  /** @param ifSlower whether the plan must keep its SLA also with slower batches */
  constructor(
    private readonly measured: IdentifiedProfile,
    private readonly chosen: IlpChoice['plan'],
    private readonly figures: Figures & Pick<IlpChoice, 'keepsWorkers'>,
    private readonly ifSlower: boolean,
  ) {}

  /**
   * Whether enough simulated requests meet the SLA; with `ifSlower`, also if batches are slower.
   * @throws UnmeasuredStageError, UnmeasuredFanOutError
   */
  get confirmed(): boolean {
    this.#confirmed ??= this.ifSlower
      ? !this.#missesIfSlower() && (this.plan.predicted.slowerAttainment ?? 0) >= this.#least
      : this.plan.predicted.slaAttainment >= this.#least;
    return this.#confirmed;
  }

  /** The plan with its predictions. @throws UnmeasuredStageError, UnmeasuredFanOutError */
  get plan(): Plan {
    this.#plan ??= this.#complete();
    return this.#plan;
  }

  get #least(): number {
    return requiredAttainment(this.chosen.percentile);
  }

  /**
   * Whether too few requests meet the SLA with slower batches. False for a plan whose stages may still get workers of their own,
   * because the simulation with the measured times must decide on these workers first.
   */
  #missesIfSlower(): boolean {
    const { profile } = this.measured;
    if (!this.figures.keepsWorkers && workersApart(this.chosen, profile)) return false;
    this.#slowerAttainment = attainmentAtLeast(this.#least, this.chosen, profile, IF_SLOWER);
    return this.#slowerAttainment === undefined;
  }

  #complete(): Plan {
    const { profile } = this.measured;
    const completed = completePlan(this.measured, this.chosen, this.figures);
    const plan = this.figures.keepsWorkers ? completed : withBestWorkers(completed, profile, SEED);
    if (!this.ifSlower || plan.predicted.slaAttainment < this.#least) return plan;
    const slowerAttainment = this.#slowerAttainment ?? predict(plan, profile, IF_SLOWER).slaAttainment;
    return { ...plan, predicted: { ...plan.predicted, slowerAttainment } };
  }
}

/**
 * Adds what simulation predicts to a choice of the integer program.
 * @param requests number of simulated requests; it matters under overload, where latencies grow for as long as requests arrive
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function completePlan(
  { profile, sha256, inService }: IdentifiedProfile,
  chosen: IlpChoice['plan'],
  { boundMs, pas, cost }: Figures,
  requests = REQUESTS,
): Plan {
  const simulated = predict(chosen, profile, { ...AS_MEASURED, n: requests });
  const endToEnd = endToEndOf(profile, chosen.stages);
  const predicted: Prediction = { boundMs, ...simulated, pas, endToEnd, cost, tightened: 0 };
  return {
    ...chosen,
    createdAt: new Date().toISOString(),
    profile: { sha256, device: profile.device },
    ...(inService && { inService }),
    predicted,
  };
}
