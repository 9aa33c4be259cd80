import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import type { Predictor, PredictorName } from '../../solver/adapt/predictors/predictor.ts';
import { quantile } from '../../solver/adapt/predictors/quantile.ts';

/** @param learned opens the learned predictor, which depends on the environment */
export function predictorByName(
  name: PredictorName,
  learned: () => Promise<Predictor>,
): Promise<Predictor> | Predictor {
  if (name === 'learned') return learned();
  return name === 'quantile' ? quantile : lastWindow;
}
