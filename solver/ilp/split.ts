import { largest, smallest, sum } from '../math/statistics.ts';
import type { Core, CoreOption } from './core.ts';
import type { ShadowPrices } from './relaxation.ts';
import { excess, type Majorant, type Region } from './secant.ts';

/**
 * Narrows a region's interval of z to the values that its options can reach and that could beat `objective` with the options of
 * least weight. A reward that is a sum has no z, so its interval is [0, 0].
 */
export function narrowed(core: Core, region: Region, objective: number): Region {
  if (core.reward === 'sum') return { ...region, low: 0, high: 0 };
  const logs = region.stages.map((options) => options.map((option) => option.log));
  const high = Math.min(region.high, sum(logs.map(largest)));
  let low = Math.max(region.low, sum(logs.map(smallest)));
  const lightest = sum(region.stages.map((options) => smallest(options.map((option) => option.weight))));
  const needed = (objective + lightest) / core.alpha;
  if (needed > 0 && needed < Number.POSITIVE_INFINITY) low = Math.max(low, Math.log(needed));
  return { ...region, low: Math.min(low, high), high };
}

/**
 * Splits a region into parts that together contain all its choices.
 * @param before the region as it was relaxed, before options were dropped
 * @param above the secant of `before`
 * @param x the fraction of each option in the relaxation's solution
 * @param missing how far the region's bound is above the best choice so far
 */
export function split(
  core: Core,
  before: Region,
  region: Region,
  above: Majorant,
  prices: ShadowPrices,
  x: ReadonlyMap<CoreOption, number>,
  missing: number,
): Region[] {
  const part = (option: CoreOption) => x.get(option) ?? 0;
  if (core.reward === 'product') {
    const width = region.high - region.low;
    // Over a much narrower interval the secant is much closer to the objective, so the search relaxes the region again without a
    // split.
    if (width < 0.8 * (before.high - before.low)) return [region];
    const z = sum(region.stages.map((options) => sum(options.map((o) => part(o) * o.log))));
    if (width > 1e-9 && excess(core, above, Math.min(Math.max(z, region.low), region.high)) > 0.3 * missing) {
      const at = Math.min(Math.max(z, region.low + 0.1 * width), region.high - 0.1 * width);
      return [
        { ...region, high: at },
        { ...region, low: at },
      ];
    }
  }
  const s = mostDivided(region, part);
  const [left, right] = halves(region.stages[s]!, prices, part);
  return [left, right].map((options) => ({
    ...region,
    stages: region.stages.map((all, i) => (i === s ? options : all)),
  }));
}

/** The stage whose largest option share in the relaxation is the smallest. Stages with one option do not count. */
function mostDivided(region: Region, part: (option: CoreOption) => number): number {
  let most = -1;
  let least = Number.POSITIVE_INFINITY;
  region.stages.forEach((options, s) => {
    const share = options.length > 1 ? largest(options.map(part)) : Number.POSITIVE_INFINITY;
    if (share < least || most < 0) [most, least] = [s, share];
  });
  return most;
}

/**
 * Splits a stage's options in two at the relaxation's mean of one quantity: the use of a limit, z, or the weight, whichever the
 * relaxation mixes most, measured in the objective. Neither part then allows that mixture (special ordered sets, Beale and
 * Tomlin 1970).
 */
function halves(
  options: readonly CoreOption[],
  prices: ShadowPrices,
  part: (option: CoreOption) => number,
): [CoreOption[], CoreOption[]] {
  const keys = [
    ...prices.limits.map((price, r) => (option: CoreOption) => price * option.use[r]!),
    (option: CoreOption) => prices.z * option.log,
    (option: CoreOption) => option.weight,
  ];
  const whole = sum(options.map(part));
  let best: [CoreOption[], CoreOption[]] | undefined;
  let widest = 0;
  for (const key of keys) {
    const mean = sum(options.map((option) => part(option) * key(option))) / whole;
    const spread = sum(options.map((option) => part(option) * Math.abs(key(option) - mean)));
    const below = options.filter((option) => key(option) <= mean);
    if (spread > widest && below.length > 0 && below.length < options.length) {
      widest = spread;
      best = [below, options.filter((option) => key(option) > mean)];
    }
  }
  const middle = options.length >> 1;
  return best ?? [options.slice(0, middle), options.slice(middle)];
}
