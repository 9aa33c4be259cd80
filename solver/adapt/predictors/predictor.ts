/** Seconds of the past that a predictor reads, at most. */
export const HISTORY_S = 120;
/** Seconds that a forecast covers: twice the usual interval of decisions, because a plan may serve until the next but one. */
export const HORIZON_S = 20;

/** The largest number of requests that any second of the next {@link HORIZON_S} will bring. */
export interface Forecast {
  /** Exceeded half of the time. */
  readonly medianPerS: number;
  /** Exceeded one time in ten. */
  readonly p90PerS: number;
}

export interface Predictor {
  readonly name: string;
  /**
   * @param countsPerS requests of each of the last whole seconds, the oldest first; 1 to {@link HISTORY_S} of them
   * @param nowS seconds since the load began; only the oracle reads it
   */
  forecast(countsPerS: readonly number[], nowS?: number): Promise<Forecast>;
}

/** Predictors that work without knowing the load in advance. */
export const PREDICTORS = ['learned', 'last-window', 'quantile'] as const;
export type PredictorName = (typeof PREDICTORS)[number];
