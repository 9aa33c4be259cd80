import { type Core, TOLERANCE } from './core.ts';
import type { Glpk } from './glpk.ts';
import { LOG_ERROR, type Majorant, type Region } from './secant.ts';

/** Lagrange multipliers: how much the objective gains per unit of a limit, or of z = Σ ln score. */
export interface ShadowPrices {
  readonly limits: readonly number[];
  readonly z: number;
}

/** An upper bound on the objective in a region. The bound minus an option's gap is a bound for the choices with that option. */
export interface Bound {
  readonly bound: number;
  /** For each stage, the gap of each option; the best option of a stage has 0. */
  readonly gaps: readonly Float64Array[];
}

/**
 * The Lagrangian bound of a region. It holds for any prices in which no limit has a negative price, so GLPK's errors in the
 * prices make the bound weaker but never wrong.
 */
export function lagrangian(core: Core, region: Region, above: Majorant, prices: ShadowPrices): Bound {
  let bound = above.constant;
  core.limits.forEach((limit, r) => {
    if (prices.limits[r]! > 0) bound += prices.limits[r]! * (limit + TOLERANCE);
  });
  if (core.reward === 'product')
    bound += prices.z > 0 ? prices.z * (region.high + LOG_ERROR) : prices.z * (region.low - LOG_ERROR);
  const gaps = region.stages.map((options) => {
    const reduced = Float64Array.from(options, (option) => {
      let value = above.value(option);
      for (let r = 0; r < option.use.length; r++) value -= prices.limits[r]! * option.use[r]!;
      return core.reward === 'product' ? value - prices.z * option.log : value;
    });
    const best = reduced.reduce((a, b) => Math.max(a, b));
    bound += best;
    return reduced.map((value) => best - value);
  });
  return { bound, gaps };
}

/** The objective's coefficients are scaled to this size, which suits GLPK's tolerances of 1e-7. */
const COEFFICIENT = 1000;
/**
 * Limits are widened by this fraction for GLPK, and the interval of z by this amount, so that a region that GLPK calls infeasible
 * surely has no choice within the limits.
 */
const SLACK = 1e-6;

/** The region as a program for GLPK: values are shifted and scaled, uses are fractions of their limits. */
function linearProgram(core: Core, region: Region, above: Majorant) {
  const values = region.stages.map((options) => Float64Array.from(options, above.value));
  const tops = values.map((group) => group.reduce((a, b) => Math.max(a, b)));
  const range = values.reduce(
    (widest, group, s) => group.reduce((most, value) => Math.max(most, tops[s]! - value), widest),
    0,
  );
  // Values that differ by less than the smallest normal number count as equal: their scale would be infinite.
  const scale = Number.isFinite(COEFFICIENT / range) ? COEFFICIENT / range : 1;
  // If a limit is 0, only options that use none of the resource are left, so it needs no row.
  const rows = core.limits.flatMap((limit, r) => (limit > 0 && limit < Number.POSITIVE_INFINITY ? [r] : []));
  return {
    scale,
    rows,
    lp: {
      groups: values.map((group, s) => group.map((value) => (value - tops[s]!) * scale)),
      rows: [
        ...rows.map((r) => ({
          use: region.stages.map((options) =>
            Float64Array.from(options, (option) => option.use[r]! / core.limits[r]!),
          ),
          high: 1 + SLACK,
        })),
        ...(core.reward === 'product'
          ? [
              {
                use: region.stages.map((options) => Float64Array.from(options, (option) => option.log)),
                low: region.low - SLACK,
                high: region.high + SLACK,
              },
            ]
          : []),
      ],
    },
  };
}

/** Prices and fractional choice `x` of a region's linear relaxation, by GLPK; `infeasible` if the region has no choice. */
export function relax(
  glpk: Glpk,
  core: Core,
  region: Region,
  above: Majorant,
): { prices: ShadowPrices; x: readonly Float64Array[] } | 'infeasible' | 'unknown' {
  const { lp, rows, scale } = linearProgram(core, region, above);
  const relaxed = glpk.relax(lp);
  if (typeof relaxed === 'string') return relaxed;
  const limits = core.limits.map((limit, r) => {
    const row = rows.indexOf(r);
    const price = row < 0 ? 0 : relaxed.duals[row]! / (scale * limit);
    return price > 0 && price < Number.POSITIVE_INFINITY ? price : 0;
  });
  const z = core.reward === 'product' ? relaxed.duals.at(-1)! / scale : 0;
  return { prices: { limits, z }, x: relaxed.x };
}
