import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import type { Predictor, PredictorName } from '../../solver/adapt/predictors/predictor.ts';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RemotePlanner } from '../planner/remote.ts';
import { predictorByName } from '../predictor/by-name.ts';
import type { AdaptationOptions } from './adapter.ts';

/** How a run is to follow its load. */
export interface AdaptationAsk {
  /** What is planned on; of the device that runs. */
  readonly profile: IdentifiedProfile;
  readonly request: StandingRequest;
  readonly predictor: PredictorName;
  /** Between two decisions. */
  readonly intervalS: number;
}

/** What of adaptation differs by environment. */
export interface AdaptationEnvironment {
  openPlanner(): RemotePlanner;
  learnedPredictor(): Promise<Predictor>;
}

/** Opens what an adapting run needs, lets it run, and closes it. @throws WorkerLostError, and what `run` throws */
export async function withAdaptation<T>(
  ask: AdaptationAsk | undefined,
  { openPlanner, learnedPredictor }: AdaptationEnvironment,
  run: (options: AdaptationOptions | undefined) => Promise<T>,
): Promise<T> {
  if (ask === undefined) return run(undefined);
  const { profile, request, predictor, intervalS } = ask;
  const planner = openPlanner();
  try {
    return await run({
      system: ipaEdgeSystem((asked) => planner.plan(profile, asked), request),
      predictor: await predictorByName(predictor, learnedPredictor),
      intervalS,
    });
  } finally {
    planner.close();
  }
}
