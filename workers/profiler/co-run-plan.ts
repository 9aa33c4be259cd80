import { type Backend, onGpu } from '../../solver/documents/common.ts';

/** The time is this share of the profile's budget. From a budget of 100 s on it is the most, which makes the figures sure. */
const SHARE = 0.08;
const MOST_MS = 8000;
const LEAST_MS = 400;

/** How long two workers of one kind may be measured, alone and side by side, in ms. */
export const coRunMs = (budgetS: number): number =>
  Math.min(MOST_MS, Math.max(LEAST_MS, SHARE * 1000 * budgetS));

/** How many pairs of workers of one kind are measured: those of different stages and, on a CPU, of one stage. */
export const coRunPairs = (stages: number, backend: Backend): number =>
  (stages > 1 ? 1 : 0) + (onGpu(backend) ? 0 : 1);
