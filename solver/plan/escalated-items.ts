import type { Profile } from '../documents/profile.ts';
import { rankOf } from '../math/statistics.ts';
import { areAllowed, areOf } from '../simulate/fanout.ts';
import { fanOut, type ItemsPerRequest } from './items-per-request.ts';
import type { PlanRequest } from './request.ts';

/** The items of a heavy variant per request if items with a confidence below a threshold escalate. */
export type EscalatedItems = (below: number) => ItemsPerRequest;

/**
 * The number of a stage's items per request that escalate from a light variant: maxima over the allowed upstream variants, as for
 * the fan-out, and at least 1 at the percentile. The mean is not a confidence bound, because a plan's utilisation limit and its
 * simulation leave room for a higher load.
 */
export function escalatedItems(
  profile: Profile,
  stage: string,
  light: string,
  { percentile, restrictTo }: Pick<PlanRequest, 'percentile' | 'restrictTo'>,
): EscalatedItems {
  const paths = (profile.paths ?? []).flatMap(({ upstream, confidences, ...path }) => {
    const isOne = path.stage === stage && path.variant === light && confidences.length > 0;
    if (!isOne || !areAllowed(upstream, restrictTo)) return [];
    const entry = profile.fanOut.find((one) => one.stage === stage && areOf(one.upstream, upstream));
    return entry ? [escalatedOnPath(entry.counts, confidences, percentile)] : [];
  });
  const items = paths.length > 0 ? escalatedOnPaths(paths) : escalatedOfAll();
  return (below) => {
    const { mean, atPercentile } = items(below);
    return { mean, atPercentile: Math.max(1, atPercentile) };
  };

  /** For upstream variants whose combinations were not measured, takes the share of the stage's labelled items that escalate. */
  function escalatedOfAll(): EscalatedItems {
    const { variants } = profile.stages.find(({ name }) => name === stage)!;
    const answers = variants.find(({ name }) => name === light)!.answers!;
    const all = fanOut(profile, stage, percentile, restrictTo);
    return (below) => {
      const share = answers.filter(([confidence]) => confidence < below).length / answers.length;
      return { ...all, mean: share * all.mean };
    };
  }
}

const escalatedOnPaths =
  (paths: readonly EscalatedItems[]): EscalatedItems =>
  (below) => {
    const all = paths.map((path) => path(below));
    return {
      mean: Math.max(...all.map(({ mean }) => mean)),
      atPercentile: Math.max(...all.map(({ atPercentile }) => atPercentile)),
    };
  };

/**
 * The same for one choice of upstream variants. A plan asks for hundreds of thresholds, so the requests are counted once, while
 * the threshold rises from item to item.
 * @param counts items of each request
 * @param confidences of all items, request by request
 */
function escalatedOnPath(
  counts: readonly number[],
  confidences: readonly number[],
  percentile: number,
): EscalatedItems {
  const requestOf = counts.flatMap((count, request) => Array<number>(count).fill(request));
  const rising = requestOf
    .flatMap((request, item) => {
      const confidence = confidences[item];
      return confidence === undefined ? [] : { confidence, request };
    })
    .sort((a, b) => a.confidence - b.confidence);
  const rank = rankOf(counts.length, percentile);
  const escalated = new Uint32Array(counts.length);
  /** How many requests have a number of escalated items. */
  const requestsWith = new Uint32Array(Math.max(0, ...counts) + 1);
  requestsWith[0] = counts.length;
  let atPercentile = 0;
  /** How many requests have at most `atPercentile` escalated items. */
  let within = counts.length;
  const steps = rising.map(({ confidence, request }) => {
    const before = escalated[request]!++;
    requestsWith[before]!--;
    requestsWith[before + 1]!++;
    if (before === atPercentile) within--;
    while (within < rank) within += requestsWith[++atPercentile]!;
    return { confidence, atPercentile };
  });
  return (below) => {
    const items = firstNotBelow(steps, below);
    return { mean: items / counts.length, atPercentile: steps[items - 1]?.atPercentile ?? 0 };
  };
}

/** Index of the first step with a confidence that is not below a threshold, by bisection. */
function firstNotBelow(rising: readonly { readonly confidence: number }[], below: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]!.confidence < below) low = middle + 1;
    else high = middle;
  }
  return low;
}
