import type { Profile } from '../documents/profile.ts';
import { mean, nearestRank, sortedNumbers } from '../math/statistics.ts';
import { areAllowed } from '../simulate/fanout.ts';
import type { PlanRequest } from './request.ts';

/** Items of one kind per request: their mean, and their number at the percentile of the plan's request. */
export interface ItemsPerRequest {
  readonly mean: number;
  readonly atPercentile: number;
}

/**
 * The maxima over all choices of upstream variants, because the integer program chooses the variants of all stages at once.
 * @param counts for each choice of upstream variants, the items of each request; at least one choice
 */
export const mostItems = (counts: readonly (readonly number[])[], percentile: number): ItemsPerRequest => ({
  mean: Math.max(...counts.map(mean)),
  atPercentile: Math.max(...counts.map((all) => nearestRank(sortedNumbers(all), percentile))),
});

/** Items of a stage per request with the upstream variants that are allowed; 1 if the fan-out was not measured. */
export function fanOut(
  profile: Pick<Profile, 'fanOut'>,
  stage: string,
  percentile: number,
  restrictTo?: PlanRequest['restrictTo'],
): ItemsPerRequest {
  const all = profile.fanOut.filter((entry) => entry.stage === stage);
  const allowed = all.filter((entry) => areAllowed(entry.upstream, restrictTo));
  const entries = allowed.length > 0 ? allowed : all;
  if (entries.length === 0) return { mean: 1, atPercentile: 1 };
  return mostItems(
    entries.map(({ counts }) => counts),
    percentile,
  );
}
