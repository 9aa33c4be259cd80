import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { runAdapting } from '../../workers/executor/adaptation.ts';
import type { RunOptions } from '../../workers/executor/run-options.ts';
import { openPlanner } from '../../workers/planner/browser.ts';
import { learnedPredictor } from '../../workers/predictor/browser.ts';

interface PlanRun extends Omit<RunOptions, 'name' | 'environment' | 'adaptation'> {
  /** The profile that the plan was made from. */
  readonly profile: IdentifiedProfile;
  /** Seconds between two decisions to adapt; null if the plan serves until the end. */
  readonly intervalS: number | null;
}

/** Runs a plan in this page. @throws the errors of `run`, and WorkerLostError of the planner */
export function runPlan({ profile, intervalS, ...what }: PlanRun): Promise<RunReport> {
  const request = standingRequest(what.plan, what.backends);
  const settings =
    intervalS === null ? undefined : { profile, request, predictor: 'learned' as const, intervalS };
  const options = { name: 'plan', environment: browserEnvironment(), ...what };
  return runAdapting(settings, { openPlanner, learnedPredictor }, options);
}
