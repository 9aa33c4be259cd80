import { bounded, RELEVANT } from '../../solver/adapt/correction.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { corrected } from '../../solver/plan/in-service.ts';
import { plan } from '../../solver/plan/planner.ts';
import { batchTimeFactors } from '../../solver/report/batch-times.ts';
import { constantRate } from '../../solver/simulate/arrivals.ts';
import type { Load } from '../../workers/executor/load.ts';
import type { Runner } from '../runner/runner.ts';
import { type Attended, type BackendSet, durationFor, throwIfStopped } from './backend-sets.ts';

/** A trial run lasts until this many requests have arrived, within these limits, and no longer than the runs after it. */
const TRIAL = { requests: 20, minS: 5, maxS: 15 };

/**
 * Runs a set's plan for some seconds, because a device that is hot or busy by now is slower than when it was profiled. If batches
 * of a backend take longer than in the profile, returns the set with a plan for the device as slow as it is; if no such plan
 * keeps the SLA, says so and returns the set as it is. The baselines stay as they are, because they choose nothing.
 * @param seed of the trial's arrivals and items; another one than that of the runs after it, so that no plan is chosen on the load
 * under which it is compared
 * @throws Interrupted, and the errors of running and planning
 */
export async function atPresentSpeed(
  runner: Pick<Runner, 'run'>,
  solver: Solver,
  measured: IdentifiedProfile,
  set: BackendSet,
  seed: number,
  { say, progress, signal }: Attended,
): Promise<BackendSet> {
  const { backends, plans, request } = set;
  const durationS = Math.min(durationFor(TRIAL, request.ratePerS), set.load.durationS);
  const arrivalsMs = constantRate(request.ratePerS, durationS, seed);
  if (arrivalsMs.length === 0) return set;
  const load: Load = { ...set.load, durationS, arrivalsMs };
  const trying = runner.run({ name: 'trial', plan: plans.plan, backends, load, seed });
  const trial = await trying.finally(() => {
    progress.clear();
    throwIfStopped(signal);
  });
  const slower = Object.entries(batchTimeFactors(trial))
    .filter(([, factor]) => factor >= RELEVANT)
    .map(([backend, factor]) => [backend, bounded(factor)] as const);
  if (slower.length === 0) return set;
  const times = slower.map(([backend, factor]) => `${factor.toFixed(2)} times as long on ${backend}`);
  const found = `In a trial run of ${durationS} s, batches took ${times.join(' and ')} as in the profile`;
  try {
    const again = plan(solver, corrected(measured, { batches: Object.fromEntries(slower) }), request);
    say(`${found}, so the plan is for a device as slow as that.`);
    return { ...set, plans: { ...plans, plan: again } };
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    say(`${found}. No plan keeps the SLA on a device as slow as that, so the plan is for the profile.`);
    return set;
  }
}
