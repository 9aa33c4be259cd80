import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import type { Predictor, PredictorName } from '../../solver/adapt/predictors/predictor.ts';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { startMsOf } from '../../solver/simulate/adaptation-report.ts';
import type { RemotePlanner } from '../planner/remote.ts';
import { predictorByName } from '../predictor/by-name.ts';
import type { AdaptationOptions } from './adapter.ts';

/** How a run adapts, as plain data that can be sent to another process. */
export interface AdaptationSettings {
  /** A profile of the device that runs; plans are made from it. */
  readonly profile: IdentifiedProfile;
  readonly request: StandingRequest;
  readonly predictor: PredictorName;
  /** Time between two planning decisions. */
  readonly intervalS: number;
}

/** The parts of adaptation that differ between a browser and Node. */
export interface AdaptationEnvironment {
  openPlanner(): RemotePlanner;
  learnedPredictor(): Promise<Predictor>;
}

/** Opens the planner and the predictor that adaptation needs, calls `run`, and closes the planner. @throws what `run` throws */
export async function withAdaptation<T>(
  settings: AdaptationSettings | undefined,
  { openPlanner, learnedPredictor }: AdaptationEnvironment,
  run: (options: AdaptationOptions | undefined) => Promise<T>,
): Promise<T> {
  if (settings === undefined) return run(undefined);
  const { profile, request, predictor, intervalS } = settings;
  const planner = openPlanner();
  try {
    return await run({
      system: ipaEdgeSystem((asked) => planner.plan(profile, asked), request, startMsOf(profile.profile)),
      predictor: await predictorByName(predictor, learnedPredictor),
      intervalS,
    });
  } finally {
    planner.close();
  }
}
