import type { Core, CoreOption } from './core.ts';
import { excess, type Majorant, type Prices, type Region } from './relaxation.ts';

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const extremes = (values: readonly number[]): [low: number, high: number] => [
  Math.min(...values),
  Math.max(...values),
];

/**
 * The region with its interval of z no wider than its options reach, and without values of z that cannot beat
 * `objective` even with the lightest options. Sums have no z.
 */
export function narrowed(core: Core, region: Region, objective: number): Region {
  if (core.reward === 'sum') return { ...region, low: 0, high: 0 };
  const reach = region.stages.map((options) => extremes(options.map((option) => option.log)));
  const high = Math.min(region.high, total(reach.map((stage) => stage[1])));
  let low = Math.max(region.low, total(reach.map((stage) => stage[0])));
  const lightest = total(region.stages.map((options) => extremes(options.map((option) => option.weight))[0]));
  const needed = (objective + lightest) / core.alpha;
  if (needed > 0 && needed < Number.POSITIVE_INFINITY) low = Math.max(low, Math.log(needed));
  return { ...region, low: Math.min(low, high), high };
}

/**
 * Parts that together hold every choice of the region.
 * @param before the region as it was relaxed, before options were dropped
 * @param x how much of each option the relaxation takes
 * @param missing what its bound is above the incumbent
 */
export function split(
  core: Core,
  before: Region,
  region: Region,
  above: Majorant,
  prices: Prices,
  x: ReadonlyMap<CoreOption, number>,
  missing: number,
): Region[] {
  const part = (option: CoreOption) => x.get(option) ?? 0;
  if (core.reward === 'product') {
    const width = region.high - region.low;
    // With a narrower interval the majorant is nearer: worth another relaxation before anything is split.
    if (width < 0.8 * (before.high - before.low)) return [region];
    const z = total(region.stages.map((options) => total(options.map((o) => part(o) * o.log))));
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

/** The stage whose largest part is smallest, among those that leave a choice. */
function mostDivided(region: Region, part: (option: CoreOption) => number): number {
  let most = -1;
  let least = Number.POSITIVE_INFINITY;
  region.stages.forEach((options, s) => {
    const largest = options.length > 1 ? Math.max(...options.map(part)) : Number.POSITIVE_INFINITY;
    if (largest < least || most < 0) [most, least] = [s, largest];
  });
  return most;
}

/**
 * Two parts of a stage's options: below and above the relaxation's mean of whatever it mixes most, in objective, so
 * that neither part allows that mixture (special ordered sets, Beale and Tomlin 1970).
 */
function halves(
  options: readonly CoreOption[],
  prices: Prices,
  part: (option: CoreOption) => number,
): [CoreOption[], CoreOption[]] {
  const keys = [
    ...prices.limits.map((price, r) => (option: CoreOption) => price * option.use[r]!),
    (option: CoreOption) => prices.z * option.log,
    (option: CoreOption) => option.weight,
  ];
  const whole = total(options.map(part));
  let best: [CoreOption[], CoreOption[]] | undefined;
  let widest = 0;
  for (const key of keys) {
    const mean = total(options.map((option) => part(option) * key(option))) / whole;
    const spread = total(options.map((option) => part(option) * Math.abs(key(option) - mean)));
    const below = options.filter((option) => key(option) <= mean);
    if (spread > widest && below.length > 0 && below.length < options.length) {
      widest = spread;
      best = [below, options.filter((option) => key(option) > mean)];
    }
  }
  const middle = options.length >> 1;
  return best ?? [options.slice(0, middle), options.slice(middle)];
}
