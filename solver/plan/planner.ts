import type { Plan, Prediction } from '../documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { predict } from '../simulate/predict.ts';
import { InfeasiblePlanError } from './errors.ts';
import { withBestWorkers } from './gpu-workers.ts';
import type { PlanRequest } from './options.ts';
import { type Choice, choose } from './program.ts';
import { SimulatedPlans } from './simulated-plans.ts';

/** Requests per simulation: at 5,000 a share of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/** Of the misses that the SLA allows, what is left to what the simulation does not know: a share, and at most so much. */
const KEPT = { share: 0.5, most: 0.025 };
/** Each tightening leaves the program this share of the SLA and of the utilisation. */
const TIGHTEN = 0.95;
const MOST_TIGHTENINGS = 31;

/**
 * The best plan that the simulation confirms: the program's choice, or where the simulated share of requests within
 * the SLA leaves no room under the percentile, that of the least tightened program that is confirmed (after InferLine).
 * Where none is, the one that came nearest; its prediction says so.
 * @throws NothingMeasuredError, InfeasiblePlanError, UnmeasuredFanOutError
 */
export function plan(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  simulated = new SimulatedPlans(),
): Plan {
  const search = new Tightening(solver, measured, request, simulated);
  const first = search.at(0)!;
  if (search.confirms(first)) return first;
  // Doubling steps to the first that is confirmed, or that leaves no plan at all; then between it and the one before.
  let missed = 0;
  let next = 1;
  while (next < MOST_TIGHTENINGS && search.missesAt(next)) {
    missed = next;
    next = Math.min(2 * next + 1, MOST_TIGHTENINGS);
  }
  while (next - missed > 1) {
    const middle = Math.floor((missed + next) / 2);
    if (search.missesAt(middle)) missed = middle;
    else next = middle;
  }
  const last = search.at(next);
  return last && search.confirms(last) ? last : search.best;
}

/** The plans of tightened programs, each simulated once. */
class Tightening {
  readonly #plans = new Map<number, Plan | undefined>();

  constructor(
    private readonly solver: Solver,
    private readonly measured: IdentifiedProfile,
    private readonly request: PlanRequest,
    private readonly simulated: SimulatedPlans,
  ) {}

  confirms({ predicted }: Plan): boolean {
    const allowed = 1 - this.request.percentile / 100;
    return 1 - predicted.slaAttainment <= allowed - Math.min(KEPT.share * allowed, KEPT.most);
  }

  /** Whether there is a plan that is not confirmed. */
  missesAt(tightened: number): boolean {
    const candidate = this.at(tightened);
    return candidate !== undefined && !this.confirms(candidate);
  }

  /** Of those that were simulated, the one with the fewest misses. */
  get best(): Plan {
    return [...this.#plans.values()].reduce((best, next) =>
      next && next.predicted.slaAttainment > best!.predicted.slaAttainment ? next : best,
    )!;
  }

  /** The program's choice; undefined where only the tightening left none. */
  at(tightened: number): Plan | undefined {
    if (!this.#plans.has(tightened)) this.#plans.set(tightened, this.#plan(tightened));
    return this.#plans.get(tightened);
  }

  #plan(tightened: number): Plan | undefined {
    const { slaMs, resources } = this.request;
    const share = TIGHTEN ** tightened;
    const within: PlanRequest = {
      ...this.request,
      slaMs: slaMs * share,
      resources: { ...resources, utilisationMax: resources.utilisationMax * share },
    };
    try {
      const { plan: chosen, ...choice } = choose(this.solver, this.measured.profile, within);
      const head = { ...chosen, slaMs, resources };
      const id = JSON.stringify([slaMs, chosen.ratePerS, chosen.stages]);
      const known = this.simulated.get(id);
      if (known) {
        const { stages, workers } = known;
        return { ...known, ...head, stages, workers, predicted: { ...known.predicted, tightened } };
      }
      const plan = withBestWorkers(
        completePlan(this.measured, head, choice, tightened),
        this.measured.profile,
        SEED,
      );
      this.simulated.set(id, plan);
      // Another tightening, or another request, may have led to it before.
      return { ...plan, predicted: { ...plan.predicted, tightened } };
    } catch (error) {
      if (tightened > 0 && error instanceof InfeasiblePlanError) return undefined;
      throw error;
    }
  }
}

/**
 * Adds what simulation predicts to what was chosen.
 * @param requests to simulate: an overload never settles, so its length counts
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function completePlan(
  { profile, sha256 }: IdentifiedProfile,
  chosen: Choice['plan'],
  { boundMs, pas, cost }: Pick<Choice, 'boundMs' | 'pas' | 'cost'>,
  tightened: number,
  requests = REQUESTS,
): Plan {
  const simulated = predict(chosen, profile, { n: requests, seed: SEED });
  const predicted: Prediction = {
    boundMs,
    ...simulated,
    pas,
    endToEnd: measuredEndToEnd(profile, chosen.stages),
    cost,
    tightened,
  };
  return {
    ...chosen,
    createdAt: new Date().toISOString(),
    profile: { sha256, device: profile.device },
    predicted,
  };
}

function measuredEndToEnd(profile: Profile, stages: Plan['stages']): number | null {
  const found = profile.endToEnd.find(({ variants }) =>
    stages.every(({ name, variant }) => variants[name] === variant),
  );
  return found?.value ?? null;
}
