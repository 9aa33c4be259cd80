/** Pauses between tries: each is twice as long as the one before, up to the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
}

export const BACK_OFF: BackOff = { firstMs: 500, mostMs: 15_000 };

/** The pause after so many failures in a row. It is drawn at random, so that many clients do not come back at once. */
export const pauseMs = ({ firstMs, mostMs }: BackOff, failures: number): number =>
  Math.min(mostMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
