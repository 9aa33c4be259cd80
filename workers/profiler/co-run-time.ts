/** The time is this share of the profile's budget. From a budget of 100 s on it is the most, which makes the figures sure. */
const SHARE = 0.08;
const MOST_MS = 8000;
const LEAST_MS = 400;

/** How long two workers of one kind may be measured, alone and side by side, in ms. */
export const coRunMs = (budgetS: number): number =>
  Math.min(MOST_MS, Math.max(LEAST_MS, SHARE * 1000 * budgetS));
