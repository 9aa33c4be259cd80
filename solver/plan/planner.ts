import type { Plan } from '../documents/plan.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { chooseIlp, type IlpChoice, infeasible, leastRefused, type Refusal } from './ilp-choice.ts';
import type { PlanRequest } from './request.ts';
import { SimulatedPlan } from './simulated-plan.ts';
import { SimulatedPlans } from './simulated-plans.ts';
import { type IlpInput, workerSharings } from './worker-sharing.ts';

/**
 * Each tightening multiplies the SLA and the utilisation limits of the integer program by this. If no option is fast enough for
 * the tighter SLA, only the utilisation limits become tighter: more replicas shorten queues, too. If the thread that serves
 * requests is too busy for its tighter limit, only the limits of the workers become tighter: no choice of variants frees the
 * thread.
 */
const TIGHTENING = 0.95;
const TIGHTENINGS_MAX = 31;

/**
 * The best plan that simulation confirms: enough simulated requests meet the SLA and, unless `ifSlower` is `false`, also meet it
 * with slower batches. If simulation does not confirm the choice of the integer program, the planner tightens the request step by
 * step, and returns the least tightened choice that is confirmed (after InferLine). If no choice is confirmed, it returns the
 * plan with the fewest misses, whose prediction says how many.
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

/**
 * Like {@link plan}, but returns a refusal where {@link plan} searches for a feasible rate and throws.
 * @throws NothingMeasuredError, UnmeasuredFanOutError
 */
export function tryPlan(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  simulated = new SimulatedPlans(),
): Plan | Refusal {
  /** All plans that were simulated. Where `bestOf` finds no plan, the simulation has confirmed none of them. */
  const missed: Candidate[] = [];
  const refused: Refusal[] = [];
  /** The best confirmed plan of a request, among all ways to divide the stages among workers. */
  const bestOf = (asked: PlanRequest): Candidate | undefined => {
    let best: Candidate | undefined;
    for (const input of workerSharings(measured.profile, asked)) {
      const plans = new TightenedPlans(solver, measured, input, simulated, best?.objective);
      best = plans.leastTightened() ?? best;
      missed.push(...plans.candidates);
      if (plans.refusal) refused.push(plans.refusal);
    }
    return best;
  };
  let best = bestOf(request);
  // Single variants may keep the SLA where the cascades that the integer program prefers to them miss it in the simulation.
  if (!best && !request.keep && missed.some(({ cascades }) => cascades))
    best = bestOf({ ...request, cascades: [] });
  if (best) return best.plan;
  return missed.length > 0 ? fewestMisses(missed).plan : leastRefused(refused);
}

/** A choice of the integer program for a tightened request. */
class Candidate {
  /** @param chosen the choice, with the SLA and the resources of the user's request instead of the tightened ones */
  constructor(
    private readonly chosen: IlpChoice['plan'],
    private readonly simulated: SimulatedPlan,
    private readonly tightened: number,
    /** The objective of the integer program. */
    readonly objective: number,
  ) {}

  get confirmed(): boolean {
    return this.simulated.confirmed;
  }

  get cascades(): boolean {
    return this.chosen.stages.some(({ escalation }) => escalation);
  }

  get plan(): Plan {
    const { createdAt, profile, inService, stages, workers, predicted } = this.simulated.plan;
    const { tightened } = this;
    return {
      ...this.chosen,
      ...{ createdAt, profile, ...(inService && { inService }), stages, workers },
      predicted: { ...predicted, tightened },
    };
  }
}

const fewestMisses = (candidates: readonly Candidate[]): Candidate =>
  candidates.reduce((best, next) =>
    next.plan.predicted.slaAttainment > best.plan.predicted.slaAttainment ? next : best,
  );

/** How much of its limits a tightened request keeps. */
interface Shares {
  readonly ofSla: number;
  readonly ofWorkers: number;
  readonly ofThread: number;
}

/**
 * The plans that the integer program chooses for one way to divide the stages among workers, one for each number of tightenings.
 */
class TightenedPlans {
  /** Why the request has no plan even before tightening; otherwise undefined. */
  refusal: Refusal | undefined;
  readonly #found = new Map<number, Candidate | undefined>();

  /** @param above the objective of the integer program that a plan must exceed; absent: any plan counts */
  constructor(
    private readonly solver: Solver,
    private readonly measured: IdentifiedProfile,
    private readonly input: IlpInput,
    private readonly simulated: SimulatedPlans,
    private readonly above?: number,
  ) {}

  /** The choices that were found so far, confirmed or not. */
  get candidates(): Candidate[] {
    return [...this.#found.values()].filter((found) => found !== undefined);
  }

  /** The least tightened plan that simulation confirms; undefined if there is none. */
  leastTightened(): Candidate | undefined {
    // The number of tightenings doubles until a plan is confirmed or none is left; then the last interval is bisected.
    let missed = -1;
    let next = 0;
    while (next < TIGHTENINGS_MAX && this.#missesAt(next)) {
      missed = next;
      next = Math.min(2 * next + 1, TIGHTENINGS_MAX);
    }
    while (next - missed > 1) {
      const middle = Math.floor((missed + next) / 2);
      if (this.#missesAt(middle)) missed = middle;
      else next = middle;
    }
    const last = this.#at(next);
    return last?.confirmed ? last : undefined;
  }

  /** Whether there is a plan that simulation does not confirm. */
  #missesAt(tightened: number): boolean {
    return this.#at(tightened)?.confirmed === false;
  }

  /** The plan after this many tightenings; undefined if the tightened request has none, or none that exceeds `above`. */
  #at(tightened: number): Candidate | undefined {
    if (!this.#found.has(tightened)) this.#found.set(tightened, this.#plan(tightened));
    return this.#found.get(tightened);
  }

  #plan(tightened: number): Candidate | undefined {
    const choice = this.#choose(tightened);
    if (choice && !('binding' in choice)) return this.#candidate(choice, tightened);
    if (tightened === 0) this.refusal = choice;
    return undefined;
  }

  #choose(tightened: number): IlpChoice | Refusal | undefined {
    const share = TIGHTENING ** tightened;
    const attempts = tightened === 0 ? [{}] : [{}, { ofSla: 1 }, { ofSla: 1, ofThread: 1 }];
    let choice: IlpChoice | Refusal | undefined;
    for (const attempt of attempts) {
      choice = this.#chooseWithin({ ofSla: share, ofWorkers: share, ofThread: share, ...attempt });
      if (!choice || !('binding' in choice)) break;
    }
    return choice;
  }

  /** The choice of the integer program with these shares of the SLA, and of the utilisation limits of workers and thread. */
  #chooseWithin({ ofSla, ofWorkers, ofThread }: Shares): IlpChoice | Refusal | undefined {
    const { profile, request } = this.input;
    const { slaMs, resources } = request;
    const tighter = {
      ...request,
      slaMs: (slaMs - (request.queueMs ?? 0)) * ofSla,
      resources: { ...resources, utilisationMax: resources.utilisationMax * ofWorkers },
      threadShareMax: resources.utilisationMax * ofThread,
    };
    return chooseIlp(this.solver, { profile, request: tighter }, this.above);
  }

  #candidate({ plan, solution, ...figures }: IlpChoice, tightened: number): Candidate {
    const { slaMs, resources, ifSlower = true } = this.input.request;
    const chosen = { ...plan, slaMs, resources };
    const { percentile, ratePerS, stages, workers, body } = chosen;
    const load = [slaMs, percentile, ratePerS, body];
    const id = JSON.stringify([...load, stages, workers, figures.keepsWorkers, ifSlower]);
    const make = () => new SimulatedPlan(this.measured, chosen, figures, ifSlower);
    return new Candidate(chosen, this.simulated.get(id, make), tightened, solution.objective);
  }
}
