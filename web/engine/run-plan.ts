import type { LoadedManifest } from '../../models/manifests/load.ts';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { withAdaptation } from '../../workers/executor/adaptation.ts';
import type { Load } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import type { RunOptions } from '../../workers/executor/run-options.ts';
import { openPlanner } from '../../workers/planner/browser.ts';
import { learnedPredictor } from '../../workers/predictor/browser.ts';

export interface PlanRun extends Pick<RunOptions, 'onProgress'> {
  readonly plan: Plan;
  /** The profile that the plan was made from. */
  readonly profile: IdentifiedProfile;
  /** Backends that later plans may use. */
  readonly backends: readonly Backend[];
  readonly models: LoadedManifest;
  readonly load: Load;
  readonly seed: number;
  /** Seconds between two decisions to adapt; null if the plan serves until the end. */
  readonly intervalS: number | null;
  readonly signal: AbortSignal;
  readonly watch: NonNullable<RunOptions['watch']>;
}

/** Runs a plan in this page. @throws the errors of `run`, and WorkerLostError of the planner */
export function runPlan({ profile, intervalS, ...what }: PlanRun): Promise<RunReport> {
  const request = standingRequest(what.plan, what.backends);
  const settings =
    intervalS === null ? undefined : { profile, request, predictor: 'learned' as const, intervalS };
  return withAdaptation(settings, { openPlanner, learnedPredictor }, (adaptation) =>
    run({
      name: 'plan',
      environment: browserEnvironment(),
      ...what,
      ...(adaptation && { adaptation }),
    }),
  );
}
