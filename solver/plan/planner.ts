import type { Plan, Prediction } from '../documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { predict } from '../simulate/predict.ts';
import { withBestWorkers } from './gpu-workers.ts';
import { chooseIlp, type IlpChoice, infeasible, leastRefused, type Refusal } from './ilp-choice.ts';
import { endToEndOf } from './replay.ts';
import type { PlanRequest } from './request.ts';
import { SimulatedPlans } from './simulated-plans.ts';
import { type IlpInput, workerSharings } from './worker-sharing.ts';

/** Requests per simulation. With 5,000, an attainment of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/**
 * A plan must keep its SLA even if each batch takes so many times as long as measured: a machine is slower in some minutes than in
 * others, and under a load than in a profile.
 */
const SLOWER = 1.1;
/** Each tightening multiplies the SLA and the utilisation limit of the integer program by this. */
const TIGHTENING = 0.95;
const MOST_TIGHTENINGS = 31;

/**
 * The best plan that simulation confirms: enough simulated requests make the SLA, also with slower batches. If simulation does not
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
  let best: Candidate | undefined;
  const missed: Candidate[] = [];
  const refused: Refusal[] = [];
  for (const input of workerSharings(measured.profile, request)) {
    const plans = new TightenedPlans(solver, measured, input, simulated, best?.objective);
    best = plans.leastTightened() ?? best;
    missed.push(...plans.candidates);
    if (plans.refusal) refused.push(plans.refusal);
  }
  if (best) return best.plan;
  return missed.length > 0 ? fewestMisses(missed).plan : leastRefused(refused);
}

/** A plan, and its objective in the integer program. */
interface Candidate {
  readonly plan: Plan;
  readonly objective: number;
}

const fewestMisses = (candidates: readonly Candidate[]): Candidate =>
  candidates.reduce((best, next) =>
    next.plan.predicted.slaAttainment > best.plan.predicted.slaAttainment ? next : best,
  );

/** The plans that the integer program chooses for one way to divide the stages among workers, by the number of tightenings. */
class TightenedPlans {
  /** Why there is no plan before any tightening; undefined if there is one, or if that was not tried. */
  refusal: Refusal | undefined;
  readonly #found = new Map<number, Candidate | undefined>();

  /** @param above a plan must have a higher objective in the integer program */
  constructor(
    private readonly solver: Solver,
    private readonly measured: IdentifiedProfile,
    private readonly input: IlpInput,
    private readonly simulated: SimulatedPlans,
    private readonly above?: number,
  ) {}

  /** The plans that were simulated so far. */
  get candidates(): Candidate[] {
    return [...this.#found.values()].filter((found) => found !== undefined);
  }

  /** The least tightened plan that simulation confirms; undefined if there is none. */
  leastTightened(): Candidate | undefined {
    // The number of tightenings doubles until a plan is confirmed or none is left; then the last interval is bisected.
    let missed = -1;
    let next = 0;
    while (next < MOST_TIGHTENINGS && this.#missesAt(next)) {
      missed = next;
      next = Math.min(2 * next + 1, MOST_TIGHTENINGS);
    }
    while (next - missed > 1) {
      const middle = Math.floor((missed + next) / 2);
      if (this.#missesAt(middle)) missed = middle;
      else next = middle;
    }
    const last = this.#at(next);
    return last && this.#confirms(last.plan) ? last : undefined;
  }

  #confirms({ predicted }: Plan): boolean {
    return (predicted.slowerAttainment ?? 0) >= this.input.request.percentile / 100;
  }

  /** Whether there is a plan that simulation does not confirm. */
  #missesAt(tightened: number): boolean {
    const candidate = this.#at(tightened);
    return candidate !== undefined && !this.#confirms(candidate.plan);
  }

  /** The plan after this many tightenings; undefined if the tightened request has none. */
  #at(tightened: number): Candidate | undefined {
    if (!this.#found.has(tightened)) this.#found.set(tightened, this.#plan(tightened));
    return this.#found.get(tightened);
  }

  #plan(tightened: number): Candidate | undefined {
    const choice = this.#choose(tightened);
    if (choice && !('binding' in choice))
      return { plan: this.#complete(choice, tightened), objective: choice.solution.objective };
    if (tightened === 0) this.refusal = choice;
    return undefined;
  }

  #choose(tightened: number): IlpChoice | Refusal | undefined {
    const { profile, request } = this.input;
    const { slaMs, resources } = request;
    const share = TIGHTENING ** tightened;
    const tighter = {
      ...request,
      slaMs: (slaMs - (request.queueMs ?? 0)) * share,
      resources: { ...resources, utilisationMax: resources.utilisationMax * share },
    };
    return chooseIlp(this.solver, { profile, request: tighter }, this.above);
  }

  #complete({ plan: chosen, ...choice }: IlpChoice, tightened: number): Plan {
    const { slaMs, resources } = this.input.request;
    const head = { ...chosen, slaMs, resources };
    const id = JSON.stringify([slaMs, chosen.ratePerS, chosen.stages, chosen.workers]);
    const known = this.simulated.get(id);
    if (known) {
      const { createdAt, profile, stages, workers, predicted } = known;
      return { ...head, createdAt, profile, stages, workers, predicted: { ...predicted, tightened } };
    }
    const { profile } = this.measured;
    const best = withBestWorkers(completePlan(this.measured, head, choice, tightened), profile, SEED);
    const plan = keepsSla(best) ? alsoSlower(best, profile) : best;
    this.simulated.set(id, plan);
    return plan;
  }
}

const keepsSla = ({ predicted, percentile }: Plan): boolean => predicted.slaAttainment >= percentile / 100;

/** The plan with its attainment where each batch is slower than measured. */
function alsoSlower(plan: Plan, profile: Profile): Plan {
  const { slaAttainment } = predict(plan, profile, { n: REQUESTS, seed: SEED, slower: SLOWER });
  return { ...plan, predicted: { ...plan.predicted, slowerAttainment: slaAttainment } };
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
