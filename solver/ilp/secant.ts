import type { Core, CoreOption } from './core.ts';

/** A part of the search space: some options of each stage and, for a product, an interval of z = Σ ln score. */
export interface Region {
  readonly stages: readonly (readonly CoreOption[])[];
  readonly low: number;
  readonly high: number;
}

/** A linear function of a choice, constant + Σ value(option), that is nowhere in its region below the objective. */
export interface Majorant {
  readonly constant: number;
  /** How fast the function grows with z. */
  readonly slope: number;
  value(option: CoreOption): number;
}

/** Largest rounding error of a sum of a few logarithms. */
export const LOG_ERROR = 1e-13;

/**
 * The secant bound. For a product, the reward α · exp(z) is convex in z, so its secant over the region's interval lies above it
 * there, and meets it at both ends. For a sum, the objective itself is linear.
 */
export function secant(core: Core, { low, high }: Region): Majorant {
  if (core.reward === 'sum')
    return { constant: 0, slope: 0, value: (option) => core.alpha * option.score - option.weight };
  const left = core.alpha * Math.exp(low - LOG_ERROR);
  const right = core.alpha * Math.exp(high + LOG_ERROR);
  const width = high - low + 2 * LOG_ERROR;
  const slope = (right - left) / width;
  return {
    constant: left - slope * (low - LOG_ERROR),
    slope,
    value: (option) => slope * option.log - option.weight,
  };
}

/** How far the secant is above the objective at z. */
export const excess = (core: Core, { constant, slope }: Majorant, z: number): number =>
  core.reward === 'sum' ? 0 : constant + slope * z - core.alpha * Math.exp(z);
