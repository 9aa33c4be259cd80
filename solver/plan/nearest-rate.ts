import type { Profile } from '../documents/profile.ts';
import { isFeasible } from '../ilp/infeasible.ts';
import type { Solver } from '../ilp/solve.ts';
import { type IlpRequest, optionsAtRate, stageFacts } from './options.ts';

/** Powers of 2 that the rate is multiplied by, rising: to 2^-11 in whole steps, then in eighths to 2^4. */
const EXPONENTS = [
  ...Array.from({ length: 30 }, (_, i) => i - 40),
  ...Array.from({ length: 113 }, (_, i) => i / 8 - 10),
];
/** Lower rates are tried only near the requested one: a plan for them is of no use. */
const LEAST_PER_S = 1e-3;

/**
 * The rate nearest to the requested one that has a plan, to a thousandth; null where no rate tried has one. It may be higher:
 * at a low rate, batches wait long for their last item. The feasible rates need not be one interval, because replicas
 * come in whole numbers: so rates are tried outwards from the requested one, and then the edge before the first feasible one
 * is searched by halving.
 */
export function nearestRate(solver: Solver, profile: Profile, request: IlpRequest): number | null {
  const stages = stageFacts(profile, request);
  const works = (ratePerS: number): boolean => {
    const { problem, overloaded } = optionsAtRate(stages, { ...request, ratePerS });
    return overloaded.length === 0 && isFeasible(solver.glpk, problem);
  };
  const rates = EXPONENTS.filter(
    (exponent) => exponent >= -10 || request.ratePerS * 2 ** exponent >= LEAST_PER_S,
  ).map((exponent) => request.ratePerS * 2 ** exponent);
  const distance = (ratePerS: number) => Math.abs(ratePerS - request.ratePerS);
  const nearest = [...rates].sort((a, b) => distance(a) - distance(b)).find(works);
  if (nearest === undefined || nearest === request.ratePerS) return nearest ?? null;
  let good = nearest;
  let bad = rates[rates.indexOf(nearest) + (nearest < request.ratePerS ? 1 : -1)]!;
  while (Math.abs(good - bad) > 1e-3 * good) {
    const middle = (good + bad) / 2;
    if (works(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
