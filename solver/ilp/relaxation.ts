import type { Core, CoreOption } from './core.ts';
import { TOLERANCE } from './core.ts';
import type { Glpk } from './glpk.ts';

/** A part of the search space: these options per stage and, for a product, this interval of z = Σ ln score. */
export interface Region {
  readonly stages: readonly (readonly CoreOption[])[];
  readonly low: number;
  readonly high: number;
}

/** A linear function that is nowhere in its region below the objective: constant + Σ value(option). */
export interface Majorant {
  readonly constant: number;
  readonly slope: number;
  value(option: CoreOption): number;
}

/** Sums of a few logarithms are this exact. */
const LOG_NOISE = 1e-13;

/**
 * For a product α · exp(z) is convex in z, so its secant over the region's interval lies above it there and touches
 * it at both ends. Sums are linear as they are.
 */
export function majorant(core: Core, { low, high }: Region): Majorant {
  if (core.reward === 'sum')
    return { constant: 0, slope: 0, value: (option) => core.alpha * option.score - option.weight };
  const left = core.alpha * Math.exp(low - LOG_NOISE);
  const right = core.alpha * Math.exp(high + LOG_NOISE);
  const width = high - low + 2 * LOG_NOISE;
  const slope = (right - left) / width;
  return {
    constant: left - slope * (low - LOG_NOISE),
    slope,
    value: (option) => slope * option.log - option.weight,
  };
}

/** How far the majorant is above the objective at z. */
export const excess = (core: Core, { constant, slope }: Majorant, z: number): number =>
  core.reward === 'sum' ? 0 : constant + slope * z - core.alpha * Math.exp(z);

/** Prices of the limits and of z, for a Lagrangian bound. */
export interface Prices {
  readonly limits: readonly number[];
  readonly z: number;
}

/** A bound of the objective over a region, and what each option costs it: bound − gap bounds choices with it. */
export interface Bound {
  readonly bound: number;
  /** Per stage, per option; the best of a stage has 0. */
  readonly gaps: readonly Float64Array[];
}

/**
 * Lagrangian bound, computed in doubles from the region alone: it holds for any prices (limits' at least 0),
 * however inexactly GLPK found them.
 */
export function lagrangian(core: Core, region: Region, above: Majorant, prices: Prices): Bound {
  let bound = above.constant;
  core.limits.forEach((limit, r) => {
    if (prices.limits[r]! > 0) bound += prices.limits[r]! * (limit + TOLERANCE);
  });
  if (core.reward === 'product')
    bound += prices.z > 0 ? prices.z * (region.high + LOG_NOISE) : prices.z * (region.low - LOG_NOISE);
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

/** GLPK's reduced costs and pivots are good to 1e-7 of objective coefficients up to 1,000, so they are made that. */
const COEFFICIENT = 1000;
/** A relaxation that GLPK calls infeasible, with limits wider by this, has no choice within the limits. */
const SLACK = 1e-6;

/** The region's program for GLPK: values shifted and scaled, rows as parts of their limit. */
function program(core: Core, region: Region, above: Majorant) {
  const values = region.stages.map((options) => Float64Array.from(options, above.value));
  const tops = values.map((group) => group.reduce((a, b) => Math.max(a, b)));
  const range = values.reduce(
    (widest, group, s) => group.reduce((most, value) => Math.max(most, tops[s]! - value), widest),
    0,
  );
  const scale = range > 0 ? COEFFICIENT / range : 1;
  // A limit of 0 leaves only options that use nothing of it.
  const rows = core.limits.flatMap((limit, r) => (limit > 0 && limit < Number.POSITIVE_INFINITY ? [r] : []));
  return {
    scale,
    rows,
    program: {
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

/** Prices and a fractional choice from the linear relaxation; `infeasible`: the region has no choice. */
export function relax(
  glpk: Glpk,
  core: Core,
  region: Region,
  above: Majorant,
): { prices: Prices; x: readonly Float64Array[] } | 'infeasible' | 'unknown' {
  const { program: lp, rows, scale } = program(core, region, above);
  const relaxed = glpk.relax(lp);
  if (typeof relaxed === 'string') return relaxed;
  const limits = core.limits.map((limit, r) => {
    const row = rows.indexOf(r);
    return row < 0 ? 0 : Math.max(0, relaxed.duals[row]! / (scale * limit));
  });
  const z = core.reward === 'product' ? relaxed.duals.at(-1)! / scale : 0;
  return { prices: { limits, z }, x: relaxed.x };
}

/** The best choice of the region by the majorant, as GLPK's integer optimiser finds it. */
export function optimise(glpk: Glpk, core: Core, region: Region, above: Majorant): CoreOption[] | undefined {
  const columns = glpk.optimise(program(core, region, above).program);
  return columns?.map((o, s) => region.stages[s]![o]!);
}
