import type { Profile } from '../documents/profile.ts';
import type { FrontierPoint } from '../documents/report.ts';
import { bestForCost } from '../math/pareto.ts';
import { combinesRanks, type PlanRequest } from '../plan/request.ts';
import { profileFrontier } from './profile-frontier.ts';
import { type CostAndAccuracy, ROUNDING } from './weights.ts';

/** The frontier of a request, and the frontier of the same request without cascades. */
export interface Frontiers {
  readonly frontier: FrontierPoint[];
  /**
   * Empty if the frontier has no cascade, because both are the same then; and if the objective combines ranks, which are relative
   * to the options of each frontier.
   */
  readonly frontierWithoutCascades: FrontierPoint[];
}

/** @throws NothingMeasuredError, FrontierTooLargeError */
export function frontiers(profile: Profile, request: PlanRequest): Frontiers {
  const frontier = profileFrontier(profile, request);
  const compares = hasCascades(frontier) && !combinesRanks(request);
  const frontierWithoutCascades = compares ? profileFrontier(profile, { ...request, cascades: false }) : [];
  return { frontier, frontierWithoutCascades };
}

export const hasCascades = (points: readonly FrontierPoint[]): boolean =>
  points.some(({ cascades }) => cascades !== undefined);

/** The points that no other beats in both cost and accuracy, by rising cost. */
export const bestPoints = <P extends CostAndAccuracy>(points: readonly P[]): P[] =>
  bestForCost(points, ({ accuracy }) => accuracy);

/** The most accurate choices that cost at most `cost`, with and without cascades. */
export interface AtCost {
  readonly cost: number;
  readonly best: FrontierPoint;
  /** The most accurate choice without cascades; null if none is that cheap. */
  readonly bestWithout: FrontierPoint | null;
}

/** The best choices with and without cascades, at each cost at which either gets better, by rising cost. */
export function cascadeGains(points: readonly FrontierPoint[], without: readonly FrontierPoint[]): AtCost[] {
  const [best, bestWithout] = [bestPoints(points), bestPoints(without)];
  const within = (steps: readonly FrontierPoint[], cost: number) =>
    steps.findLast((point) => point.cost <= cost + ROUNDING);
  const costs = [...best, ...bestWithout].map(({ cost }) => cost).sort((a, b) => a - b);
  return costs
    .filter((cost, i) => i === costs.length - 1 || costs[i + 1]! - cost > ROUNDING)
    .flatMap((cost) => {
      const found = within(best, cost);
      return found ? [{ cost, best: found, bestWithout: within(bestWithout, cost) ?? null }] : [];
    });
}
