import type { Plan, Prediction } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import { attainmentAtLeast, predict } from '../simulate/predict.ts';
import { withBestWorkers, workersApart } from './gpu-workers.ts';
import type { IlpChoice } from './ilp-choice.ts';
import { endToEndOf } from './replay.ts';

/** Requests per simulation. With 5,000, an attainment of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/**
 * A plan must keep its SLA even if each batch takes so many times as long as measured: a machine is slower in some minutes than in
 * others, and under a load than in a profile.
 */
const SLOWER = 1.1;

type Figures = Pick<IlpChoice, 'boundMs' | 'pas' | 'cost'>;

/**
 * A choice of the integer program with what simulation says of it. Each simulation runs when its result is first asked for: of most
 * choices, only that they miss is asked, and a simulation with slower batches soon tells.
 */
export class SimulatedPlan {
  #confirmed: boolean | undefined;
  #plan: Plan | undefined;
  /** The attainment where each batch is slower than measured; undefined while it is not known. */
  #slowerAttainment: number | undefined;

  constructor(
    private readonly measured: IdentifiedProfile,
    private readonly chosen: IlpChoice['plan'],
    private readonly figures: Figures,
  ) {}

  /** Whether enough simulated requests make the SLA, also with slower batches. @throws UnmeasuredStageError, UnmeasuredFanOutError */
  get confirmed(): boolean {
    this.#confirmed ??= !this.#missesIfSlower() && this.#keeps(this.plan.predicted.slowerAttainment ?? 0);
    return this.#confirmed;
  }

  /** The plan with its predictions. @throws UnmeasuredStageError, UnmeasuredFanOutError */
  get plan(): Plan {
    this.#plan ??= this.#complete();
    return this.#plan;
  }

  #keeps(attainment: number): boolean {
    return attainment >= this.chosen.percentile / 100;
  }

  /** Whether too few requests make the SLA with slower batches. Not asked before a plan that may get other workers has them. */
  #missesIfSlower(): boolean {
    const { measured, chosen } = this;
    if (this.#plan || workersApart(chosen, measured.profile)) return false;
    const options = { n: REQUESTS, seed: SEED, slower: SLOWER };
    this.#slowerAttainment = attainmentAtLeast(chosen.percentile / 100, chosen, measured.profile, options);
    return this.#slowerAttainment === undefined;
  }

  #complete(): Plan {
    const { profile } = this.measured;
    const plan = withBestWorkers(completePlan(this.measured, this.chosen, this.figures), profile, SEED);
    if (!this.#keeps(plan.predicted.slaAttainment)) return plan;
    const slowerAttainment =
      this.#slowerAttainment ??
      predict(plan, profile, { n: REQUESTS, seed: SEED, slower: SLOWER }).slaAttainment;
    return { ...plan, predicted: { ...plan.predicted, slowerAttainment } };
  }
}

/**
 * Completes the choice of the integer program with what simulation predicts.
 * @param requests number of simulated requests: the longer an overload lasts, the worse it gets
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function completePlan(
  { profile, sha256 }: IdentifiedProfile,
  chosen: IlpChoice['plan'],
  { boundMs, pas, cost }: Figures,
  requests = REQUESTS,
): Plan {
  const simulated = predict(chosen, profile, { n: requests, seed: SEED });
  const endToEnd = endToEndOf(profile, chosen.stages);
  const predicted: Prediction = { boundMs, ...simulated, pas, endToEnd, cost, tightened: 0 };
  return {
    ...chosen,
    createdAt: new Date().toISOString(),
    profile: { sha256, device: profile.device },
    predicted,
  };
}
