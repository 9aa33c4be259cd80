/** Exponential back-off: the longest pause before the next try doubles with each failure, from `firstMs` up to `pauseMsMax`. */
export interface BackOff {
  readonly firstMs: number;
  readonly pauseMsMax: number;
}

export const BACK_OFF: BackOff = { firstMs: 500, pauseMsMax: 15_000 };

/**
 * The pause in milliseconds before the next try: a random time between half of the longest pause and the longest pause. The time
 * is random so that many clients do not try again together.
 * @param failures number of failures in a row, at least 1
 */
export const pauseMs = ({ firstMs, pauseMsMax }: BackOff, failures: number): number =>
  Math.min(pauseMsMax, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
