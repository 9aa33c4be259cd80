import type { Weights } from '../documents/report.ts';
import { TOLERANCE } from '../ilp/core.ts';
import type { DescribedChoice } from '../ilp/describe.ts';

/** Slopes and costs with a smaller relative difference count as equal: the integer program is solved to this precision. */
const SAME = 1e-9;

/**
 * For each point of a frontier, the interval of β in which the integer program chooses it, with α = 1, δ = η = 0 and the
 * point's own latency as SLA: then no point within that SLA has a larger accuracy − β · cost. Null if no β chooses the point,
 * because it lies on or below a line between two others.
 */
export function choosingWeights(points: readonly DescribedChoice[]): (Weights | null)[] {
  const byLatency = [...points].sort((a, b) => a.latencyMs - b.latencyMs);
  const weights = new Map<DescribedChoice, Weights>();
  let hull: readonly DescribedChoice[] = [];
  let within = 0;
  for (const point of byLatency) {
    while ((byLatency[within]?.latencyMs ?? Number.POSITIVE_INFINITY) <= point.latencyMs + TOLERANCE)
      hull = upperHull([...hull, byLatency[within++]!]);
    const at = hull.indexOf(point);
    if (at >= 0) weights.set(point, weightsAt(hull, at));
  }
  return points.map((point) => weights.get(point) ?? null);
}

/**
 * The points that some β chooses, sorted by cost, each with its interval of β; α = 1, δ = η = 0. Two neighbours share the β at
 * which the choice changes from one to the other.
 */
export function chosenAmong<P extends CostAndAccuracy>(
  points: readonly P[],
): { point: P; weights: Weights }[] {
  const hull = upperHull(points);
  return hull.map((point, at) => ({ point, weights: weightsAt(hull, at) }));
}

function weightsAt(hull: readonly CostAndAccuracy[], at: number): Weights {
  const [cheaper, point, costlier] = [hull[at - 1], hull[at]!, hull[at + 1]];
  return {
    betaMin: costlier ? slope(point, costlier) : 0,
    betaMax: cheaper ? slope(cheaper, point) : null,
  };
}

/** A β well inside an interval: the geometric mean of its ends, if both are finite and above 0. */
export function betaWithin({ betaMin, betaMax }: Weights): number {
  if (betaMax === null) return 2 * betaMin;
  return betaMin === 0 ? betaMax / 2 : Math.sqrt(betaMin * betaMax);
}

/** An interval of β as text, e.g. `0.01 to 0.2`; a dash if no β chooses the point. */
export function betaRange(weights: Weights | null): string {
  if (!weights) return '–';
  const text = (value: number) => String(Number(value.toPrecision(3)));
  return weights.betaMax === null
    ? `over ${text(weights.betaMin)}`
    : `${text(weights.betaMin)} to ${text(weights.betaMax)}`;
}

export type CostAndAccuracy = Pick<DescribedChoice, 'cost' | 'accuracy'>;

/** Costs and accuracies that differ by less count as equal, because the order of a sum changes its rounding error. */
export const ROUNDING = 1e-9;

export const sameCostAndAccuracy = (a: CostAndAccuracy, b: CostAndAccuracy): boolean =>
  Math.abs(a.cost - b.cost) + Math.abs(a.accuracy - b.accuracy) < ROUNDING;

/** Gain in accuracy per unit of cost; infinite if accuracy rises at a cost that is equal up to rounding. */
const slope = (from: CostAndAccuracy, to: CostAndAccuracy): number => {
  const [gained, paid] = [to.accuracy - from.accuracy, to.cost - from.cost];
  return gained > 0 && paid <= SAME * to.cost ? Number.POSITIVE_INFINITY : gained / paid;
};

/** The upper convex hull of points in cost and accuracy, both rising: each of its points is the best one for some β. */
function upperHull<P extends CostAndAccuracy>(points: readonly P[]): P[] {
  const hull: P[] = [];
  const steepness = () => (hull.length > 1 ? slope(hull.at(-2)!, hull.at(-1)!) : Number.POSITIVE_INFINITY);
  for (const point of [...points].sort((a, b) => a.cost - b.cost || b.accuracy - a.accuracy)) {
    while (hull.length > 0 && slope(hull.at(-1)!, point) >= steepness() * (1 - SAME)) hull.pop();
    if (hull.length === 0 || point.accuracy > hull.at(-1)!.accuracy) hull.push(point);
  }
  return hull;
}
