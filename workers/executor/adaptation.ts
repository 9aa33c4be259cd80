import { BatchCorrection } from '../../solver/adapt/batch-correction.ts';
import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import type { Predictor, PredictorName } from '../../solver/adapt/predictors/predictor.ts';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { corrected } from '../../solver/plan/in-service.ts';
import { startMsOf } from '../../solver/simulate/adaptation-report.ts';
import type { RemotePlanner } from '../planner/remote.ts';
import { predictorByName } from '../predictor/by-name.ts';
import type { AdaptationOptions } from './adapter.ts';
import { run } from './run.ts';
import type { RunOptions } from './run-options.ts';

/** How a run adapts, as plain data that can be sent to another process. */
export interface AdaptationSettings {
  /** The profile to make plans from. It must be of the device that runs the plans. */
  readonly profile: IdentifiedProfile;
  readonly request: StandingRequest;
  readonly predictor: PredictorName;
  /** Time between two planning decisions, unless a second with more requests than forecast brings one sooner. */
  readonly intervalS: number;
}

/** The parts of adaptation that differ between a browser and Node. */
interface AdaptationEnvironment {
  openPlanner(): RemotePlanner;
  learnedPredictor(): Promise<Predictor>;
}

/**
 * Runs a plan as {@link run} does, and adapts it as the settings say. Without settings, the plan serves until the end.
 * @throws the errors of `run` and of loading the predictor
 */
export async function runAdapting(
  settings: AdaptationSettings | undefined,
  { openPlanner, learnedPredictor }: AdaptationEnvironment,
  options: Omit<RunOptions, 'adaptation'>,
): Promise<RunReport> {
  if (settings === undefined) return run(options);
  const { profile, request, predictor, intervalS } = settings;
  const planner = openPlanner();
  const correction = new BatchCorrection(profile.profile);
  let planned = profile;
  const correct: AdaptationOptions['correct'] = (...timed) => {
    const sentences = correction.take(...timed);
    if (sentences.length > 0) planned = corrected(profile, { batches: correction.factors });
    return sentences;
  };
  try {
    const adaptation = {
      system: ipaEdgeSystem((asked) => planner.plan(planned, asked), request, startMsOf(profile.profile)),
      predictor: await predictorByName(predictor, learnedPredictor),
      intervalS,
      correct,
    };
    return await run({ ...options, adaptation });
  } finally {
    planner.close();
  }
}
