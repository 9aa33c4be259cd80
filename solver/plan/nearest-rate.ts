import type { Profile } from '../documents/profile.ts';
import { isFeasible } from '../ilp/infeasible.ts';
import type { Solver } from '../ilp/solve.ts';
import { measuredStages, optionsAtRate, type ProgramRequest } from './options.ts';

/** Rates are tried in steps of the eighth root of 2, from a 1,024th of the asked one to 16 times. */
const STEPS = { perDoubling: 8, down: 80, up: 32 };

/**
 * The rate nearest to the asked one that has a plan; null: none was found. It may be higher, for at a low rate batches
 * wait long. Feasible rates need not be one interval (replicas come in whole ones), so rates are tried outwards from
 * the asked one, and the edge that lies before the first that works is found to a thousandth.
 */
export function nearestRate(solver: Solver, profile: Profile, request: ProgramRequest): number | null {
  const stages = measuredStages(profile, request);
  const works = (ratePerS: number): boolean => {
    const { problem, overloaded } = optionsAtRate(stages, { ...request, ratePerS });
    return overloaded.length === 0 && isFeasible(solver.glpk, problem);
  };
  const at = (step: number) => request.ratePerS * 2 ** (step / STEPS.perDoubling);
  const distance = (step: number) => Math.abs(at(step) - request.ratePerS);
  const steps = Array.from({ length: STEPS.down + STEPS.up + 1 }, (_, i) => i - STEPS.down);
  const first = steps.sort((a, b) => distance(a) - distance(b)).find((step) => works(at(step)));
  if (first === undefined) return null;
  if (first === 0) return request.ratePerS;
  let good = at(first);
  let bad = at(first - Math.sign(first));
  while (Math.abs(good - bad) > 1e-3 * good) {
    const middle = (good + bad) / 2;
    if (works(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
