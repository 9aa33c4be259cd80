/** Seconds of the past that a predictor is given at most. */
export const HISTORY_S = 120;
/** Seconds ahead whose maximum is predicted: a plan made now serves until the next but one. */
export const HORIZON_S = 20;

/** The largest number of requests that any second of the next {@link HORIZON_S} will bring. */
export interface Forecast {
  /** As likely exceeded as not. */
  readonly medianPerS: number;
  /** Exceeded one time in ten. */
  readonly p90PerS: number;
}

export interface Predictor {
  readonly name: string;
  /**
   * @param countsPerS requests of each of the last whole seconds, the oldest first; 1 to {@link HISTORY_S} of them
   * @param nowS seconds since the load began: for one that knows the load
   */
  forecast(countsPerS: readonly number[], nowS?: number): Promise<Forecast>;
}

/** Predictors that need not know the load. */
export const PREDICTORS = ['learned', 'last-window', 'quantile'] as const;
export type PredictorName = (typeof PREDICTORS)[number];
