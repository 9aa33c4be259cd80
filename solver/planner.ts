import { type Choice, choose } from './choose.ts';
import type { Plan, Prediction } from './documents/plan.ts';
import type { Profile } from './documents/profile.ts';
import { InfeasiblePlanError } from './errors.ts';
import type { Solver } from './ilp/solve.ts';
import type { PlanRequest } from './options.ts';
import { predict } from './simulator/predict.ts';

/** A profile with what names it. */
export interface ProfileSource {
  readonly profile: Profile;
  /** SHA-256 of its canonical JSON. */
  readonly sha256: string;
}

/** Requests per simulation: at 5,000 a share of 0.95 is known to ±0.006. */
const REQUESTS = 5000;
const SEED = 1;
/** Of the misses that the SLA allows, the share that is left to what the simulation does not know. */
const KEPT = 0.5;
/** Each time the simulation misses, the program gets this share of the SLA and of the utilisation it had. */
const TIGHTEN = 0.9;
const MOST_TIGHTENINGS = 12;

/**
 * The best plan that the simulation confirms: the program's choice, and where the simulated share of requests within
 * the SLA leaves no room under the percentile, the choice of a tightened program, and so on (after InferLine). Where none is
 * confirmed, the one that came nearest; its prediction says so.
 * @throws NothingMeasuredError, InfeasiblePlanError
 */
export function plan(solver: Solver, source: ProfileSource, request: PlanRequest): Plan {
  let best: Plan | undefined;
  let tightness = 1;
  for (let tightened = 0; tightened <= MOST_TIGHTENINGS; tightened++, tightness *= TIGHTEN) {
    const candidate = planWithin(solver, source, request, tightness, tightened);
    if (!candidate) break;
    if (!best || candidate.predicted.slaAttainment > best.predicted.slaAttainment) best = candidate;
    if (1 - candidate.predicted.slaAttainment <= KEPT * (1 - request.percentile / 100)) return candidate;
  }
  return best!;
}

/** The program's choice with a share of the SLA and of the utilisation; undefined where only the tightening left none. */
function planWithin(
  solver: Solver,
  source: ProfileSource,
  request: PlanRequest,
  tightness: number,
  tightened: number,
): Plan | undefined {
  const { slaMs, resources } = request;
  const within: PlanRequest = {
    ...request,
    slaMs: slaMs * tightness,
    resources: { ...resources, utilisationMax: resources.utilisationMax * tightness },
  };
  try {
    const { plan: chosen, ...choice } = choose(solver, source.profile, within);
    return completePlan(source, { ...chosen, slaMs, resources }, choice, tightened);
  } catch (error) {
    if (tightened > 0 && error instanceof InfeasiblePlanError) return undefined;
    throw error;
  }
}

/** Adds what simulation predicts to what was chosen. @param requests to simulate: an overload never settles, so its length counts */
export function completePlan(
  { profile, sha256 }: ProfileSource,
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
