/** The longest history that a predictor reads, in seconds. */
export const HISTORY_S = 120;
/** Length of a forecast: twice the default interval between decisions, because a plan may serve for two intervals. */
export const HORIZON_S = 20;

/** Forecast of the busiest second: the largest number of requests in any second of the next {@link HORIZON_S}. */
export interface Forecast {
  /** Half of the time, the busiest second brings more than this. */
  readonly medianPerS: number;
  /** One time in ten, the busiest second brings more than this. */
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

/** Predictors for a live load; unlike the oracle, they do not know it in advance. */
export const PREDICTORS = ['learned', 'last-window', 'quantile'] as const;
export type PredictorName = (typeof PREDICTORS)[number];
