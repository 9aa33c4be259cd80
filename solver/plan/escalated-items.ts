import type { Profile } from '../documents/profile.ts';
import { countBelow, rankOf, sortedNumbers } from '../math/statistics.ts';
import { areAllowed, areOf } from '../simulate/fanout.ts';
import { fanOut, type ItemsPerRequest } from './items-per-request.ts';
import type { PlanRequest } from './request.ts';

/** The items of a heavy variant per request if items with a confidence below a threshold escalate. */
type EscalatedItems = (below: number) => ItemsPerRequest;

/**
 * Returns a function that counts the items of a stage per request that escalate from a light variant. The mean and the number at
 * the percentile are maxima over the allowed upstream variants, as for the fan-out, and the number at the percentile is at least
 * 1. The mean is not a confidence bound, because a plan's utilisation limit and its simulation leave room for a higher load.
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
  const counts = paths.length > 0 ? paths : [escalatedOfAll()];
  return (below) => {
    const items = counts.map((count) => count(below));
    return {
      mean: Math.max(...items.map(({ mean }) => mean)),
      atPercentile: Math.max(1, ...items.map(({ atPercentile }) => atPercentile)),
    };
  };

  /**
   * Estimates the escalated items where the profile has no answers after these upstream variants. The mean is the stage's mean
   * number of items × the share of its labelled items that escalate. At the percentile, all items of the stage count, which is
   * the upper bound.
   */
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

/**
 * Returns a function that counts the items that escalate for one choice of upstream variants. Sorted lists answer each threshold
 * by bisection, because planning asks for hundreds of thresholds.
 * @param counts items of each request
 * @param confidences of all items, request by request; an item without one does not escalate
 */
function escalatedOnPath(
  counts: readonly number[],
  confidences: readonly number[],
  percentile: number,
): EscalatedItems {
  let at = 0;
  const risingOf = counts.map((count) => {
    at += count;
    return sortedNumbers(confidences.slice(at - count, at));
  });
  const rising = sortedNumbers(confidences.slice(0, at));
  const most = risingOf.reduce((largest, { length }) => Math.max(largest, length), 0);
  const over = counts.length - rankOf(counts.length, percentile);
  /** For each k, the highest threshold with which the number of escalated items per request, at the percentile, is at most k. */
  const passed = Array.from(
    { length: most },
    (_, k) => sortedNumbers(risingOf.map((own) => own[k] ?? Number.POSITIVE_INFINITY))[over]!,
  );
  return (below) => ({
    mean: countBelow(rising, below) / counts.length,
    atPercentile: countBelow(passed, below),
  });
}
