import type { Profile } from '../documents/profile.ts';
import { mean, nearestRank, sortedNumbers } from '../math/statistics.ts';
import { areAllowed, fanOutStage } from '../simulate/fanout.ts';
import type { PlanRequest } from './request.ts';

/** A number of items per request: its mean, and its value at the percentile of the plan's request. */
export interface ItemsPerRequest {
  readonly mean: number;
  readonly atPercentile: number;
}

/**
 * Number of items of a stage per request, by the fan-out of the stage that {@link fanOutStage} names; 1 if it names none. The
 * mean and the value at the percentile are maxima over all allowed choices of upstream variants, or over all choices if no
 * allowed one was measured, because the integer program chooses the variants of all stages at once.
 */
export function fanOut(
  profile: Pick<Profile, 'fanOut' | 'stages'>,
  stage: string,
  percentile: number,
  restrictTo?: PlanRequest['restrictTo'],
): ItemsPerRequest {
  const stages = profile.stages.map(({ name }) => name);
  const measured = fanOutStage(profile.fanOut, stages, stages.indexOf(stage));
  const all = profile.fanOut.filter((entry) => entry.stage === measured);
  const allowed = all.filter((entry) => areAllowed(entry.upstream, restrictTo));
  const entries = allowed.length > 0 ? allowed : all;
  if (entries.length === 0) return { mean: 1, atPercentile: 1 };
  return {
    mean: Math.max(...entries.map(({ counts }) => mean(counts))),
    atPercentile: Math.max(...entries.map(({ counts }) => nearestRank(sortedNumbers(counts), percentile))),
  };
}
