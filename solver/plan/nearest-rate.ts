import type { Profile } from '../documents/profile.ts';
import { isFeasible } from '../ilp/infeasible.ts';
import type { Solver } from '../ilp/solve.ts';
import { optionsAtRate } from './options.ts';
import type { IlpRequest } from './request.ts';
import { integerProgramsOf } from './upstream.ts';

/**
 * The search tries the requested rate times 2 to these powers: whole numbers from −40 to −11, then steps of an eighth from −10 to
 * 4.
 */
const EXPONENTS = [
  ...Array.from({ length: 30 }, (_, i) => i - 40),
  ...Array.from({ length: 113 }, (_, i) => i / 8 - 10),
];
/**
 * The search tries rates below this only within a factor of 2^10 of the requested one, because a plan for so few requests is of
 * no use.
 */
const RATE_PER_S_MIN = 1e-3;

/**
 * Finds the feasible rate nearest to the requested one, to a thousandth of its value; null if no rate that it tries is feasible.
 * The rate may be higher than the requested one, because at a low rate batches wait long for their last item. The feasible rates
 * need not be one interval, because replicas come in whole numbers. So the search tries rates outwards from the requested one,
 * and then bisects to the edge of feasibility before the first feasible rate.
 */
export function nearestRate(solver: Solver, profile: Profile, request: IlpRequest): number | null {
  // A cascade uses more than its light variant alone, and a standby adds memory, so neither makes another rate feasible.
  const programs = integerProgramsOf(profile, request, { cascades: false, standbys: false });
  const works = (ratePerS: number): boolean =>
    programs.some(({ facts }) => {
      const { problem, overloaded } = optionsAtRate(facts, { ...request, ratePerS });
      return overloaded.length === 0 && isFeasible(solver.glpk, problem);
    });
  const rates = EXPONENTS.filter(
    (exponent) => exponent >= -10 || request.ratePerS * 2 ** exponent >= RATE_PER_S_MIN,
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
