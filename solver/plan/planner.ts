import type { Plan, Prediction } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { predict } from '../simulate/predict.ts';
import { InfeasiblePlanError } from './errors.ts';
import { withBestWorkers } from './gpu-workers.ts';
import { type IlpChoice, solveIlp } from './ilp-choice.ts';
import { endToEndOf } from './replay.ts';
import type { PlanRequest } from './request.ts';
import { SimulatedPlans } from './simulated-plans.ts';

/** Requests per simulation. With 5,000, an attainment of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/**
 * The simulation does not model everything, so a reserve of the misses that the SLA allows must stay unused: this `share` of
 * them, but at most the share `most` of all requests.
 */
const RESERVE = { share: 0.5, most: 0.025 };
/** Each tightening multiplies the SLA and the utilisation limit of the integer program by this. */
const TIGHTENING = 0.95;
const MOST_TIGHTENINGS = 31;

/**
 * The best plan that simulation confirms: enough simulated requests make the SLA, with a reserve. If simulation does not
 * confirm the choice of the integer program, the planner tightens the request step by step, and returns the least tightened
 * choice that is confirmed (after InferLine). If no choice is confirmed, it returns the plan with the fewest misses; the
 * prediction in it tells how many.
 * @param simulated plans that were simulated on this profile before
 * @throws NothingMeasuredError, InfeasiblePlanError, UnmeasuredFanOutError
 */
export function plan(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  simulated = new SimulatedPlans(),
): Plan {
  const candidates = new TightenedPlans(solver, measured, request, simulated);
  const first = candidates.at(0)!;
  if (candidates.confirms(first)) return first;
  // The number of tightenings doubles until a plan is confirmed or none is feasible; then the last interval is bisected.
  let missed = 0;
  let next = 1;
  while (next < MOST_TIGHTENINGS && candidates.missesAt(next)) {
    missed = next;
    next = Math.min(2 * next + 1, MOST_TIGHTENINGS);
  }
  while (next - missed > 1) {
    const middle = Math.floor((missed + next) / 2);
    if (candidates.missesAt(middle)) missed = middle;
    else next = middle;
  }
  const last = candidates.at(next);
  return last && candidates.confirms(last) ? last : candidates.best;
}

/** The plans that the integer program chooses for one request, by the number of tightenings. */
class TightenedPlans {
  readonly #plans = new Map<number, Plan | undefined>();

  constructor(
    private readonly solver: Solver,
    private readonly measured: IdentifiedProfile,
    private readonly request: PlanRequest,
    private readonly simulated: SimulatedPlans,
  ) {}

  confirms({ predicted }: Plan): boolean {
    const allowed = 1 - this.request.percentile / 100;
    return 1 - predicted.slaAttainment <= allowed - Math.min(RESERVE.share * allowed, RESERVE.most);
  }

  /** Whether there is a plan that simulation does not confirm. */
  missesAt(tightened: number): boolean {
    const candidate = this.at(tightened);
    return candidate !== undefined && !this.confirms(candidate);
  }

  /** The plan with the fewest misses among those simulated so far. */
  get best(): Plan {
    return [...this.#plans.values()].reduce((best, next) =>
      next && next.predicted.slaAttainment > best!.predicted.slaAttainment ? next : best,
    )!;
  }

  /**
   * The plan after this many tightenings; undefined if the tightened request is infeasible.
   * @throws InfeasiblePlanError if the request itself is infeasible
   */
  at(tightened: number): Plan | undefined {
    if (!this.#plans.has(tightened)) this.#plans.set(tightened, this.#plan(tightened));
    return this.#plans.get(tightened);
  }

  #plan(tightened: number): Plan | undefined {
    const { slaMs, resources } = this.request;
    const share = TIGHTENING ** tightened;
    const tighter: PlanRequest = {
      ...this.request,
      slaMs: (slaMs - (this.request.queueMs ?? 0)) * share,
      resources: { ...resources, utilisationMax: resources.utilisationMax * share },
    };
    try {
      const { plan: chosen, ...choice } = solveIlp(this.solver, this.measured.profile, tighter);
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
      return plan;
    } catch (error) {
      if (tightened > 0 && error instanceof InfeasiblePlanError) return undefined;
      throw error;
    }
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
  { boundMs, pas, cost }: Pick<IlpChoice, 'boundMs' | 'pas' | 'cost'>,
  tightened: number,
  requests = REQUESTS,
): Plan {
  const simulated = predict(chosen, profile, { n: requests, seed: SEED });
  const predicted: Prediction = {
    boundMs,
    ...simulated,
    pas,
    endToEnd: endToEndOf(profile, chosen.stages),
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
