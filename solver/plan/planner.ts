import type { Plan, Prediction } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { predict } from '../simulate/predict.ts';
import { withBestWorkers } from './gpu-workers.ts';
import { chooseIlp, type IlpChoice, infeasible, type Refusal } from './ilp-choice.ts';
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
  const found = tryPlan(solver, measured, request, simulated);
  if ('binding' in found) throw infeasible(solver, measured.profile, request, found);
  return found;
}

/** Does what {@link plan} does, for callers to whom another rate is of no use. @throws NothingMeasuredError, UnmeasuredFanOutError */
export function tryPlan(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  simulated = new SimulatedPlans(),
): Plan | Refusal {
  const candidates = new TightenedPlans(solver, measured, request, simulated);
  const first = candidates.at(0);
  if ('binding' in first || candidates.confirms(first)) return first;
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
  return !('binding' in last) && candidates.confirms(last) ? last : candidates.best;
}

/** The plans that the integer program chooses for one request, by the number of tightenings. */
class TightenedPlans {
  readonly #plans = new Map<number, Plan | Refusal>();

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
    return !('binding' in candidate) && !this.confirms(candidate);
  }

  /** The plan with the fewest misses among those simulated so far. */
  get best(): Plan {
    const plans = [...this.#plans.values()].flatMap((found) => ('binding' in found ? [] : [found]));
    return plans.reduce((best, next) =>
      next.predicted.slaAttainment > best.predicted.slaAttainment ? next : best,
    );
  }

  /** The plan after this many tightenings, or why the tightened request is infeasible. */
  at(tightened: number): Plan | Refusal {
    let found = this.#plans.get(tightened);
    if (!found) {
      found = this.#plan(tightened);
      this.#plans.set(tightened, found);
    }
    return found;
  }

  #plan(tightened: number): Plan | Refusal {
    const { slaMs, resources } = this.request;
    const share = TIGHTENING ** tightened;
    const tighter: PlanRequest = {
      ...this.request,
      slaMs: (slaMs - (this.request.queueMs ?? 0)) * share,
      resources: { ...resources, utilisationMax: resources.utilisationMax * share },
    };
    const found = chooseIlp(this.solver, this.measured.profile, tighter);
    if ('binding' in found) return found;
    const { plan: chosen, ...choice } = found;
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
