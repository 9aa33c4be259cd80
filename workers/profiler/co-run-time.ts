/** Share of the budget; a usual budget allows all the time that makes the figures sure. */
const SHARE = 0.08;
const MOST_MS = 8000;
const LEAST_MS = 400;

/** How long two workers of one kind may be measured, alone and side by side, in ms. */
export const coRunMs = (budgetS: number): number =>
  Math.min(MOST_MS, Math.max(LEAST_MS, SHARE * 1000 * budgetS));
