import type { Weights } from '../documents/report.ts';
import { TOLERANCE } from '../ilp/core.ts';
import type { Described } from '../ilp/describe.ts';

/** Slopes nearer than this to each other, relatively, are one: the program is solved to this. */
const SAME = 1e-9;

/**
 * For each point of a frontier the β that make the program choose it, with α = 1, δ = η = 0 and the point's own latency
 * as SLA: those with which no point within that latency has more accuracy − β · cost. Null: none does, as the
 * point lies on or below a line between two others.
 */
export function chosenWith(points: readonly Described[]): (Weights | null)[] {
  const byLatency = [...points].sort((a, b) => a.latencyMs - b.latencyMs);
  const weights = new Map<Described, Weights>();
  let hull: readonly Described[] = [];
  let within = 0;
  for (const point of byLatency) {
    for (
      ;
      (byLatency[within]?.latencyMs ?? Number.POSITIVE_INFINITY) <= point.latencyMs + TOLERANCE;
      within++
    )
      hull = upperHull([...hull, byLatency[within]!]);
    const at = hull.indexOf(point);
    if (at >= 0) weights.set(point, weightsAt(hull, at));
  }
  return points.map((point) => weights.get(point) ?? null);
}

/**
 * The points that some β chooses among these, by rising cost, each with those β; α = 1, δ = η = 0. Neighbours share the
 * β at which the choice passes from one to the other.
 */
export function chosenAmong<P extends Place>(points: readonly P[]): { point: P; weights: Weights }[] {
  const hull = upperHull(points);
  return hull.map((point, at) => ({ point, weights: weightsAt(hull, at) }));
}

function weightsAt(hull: readonly Place[], at: number): Weights {
  const [cheaper, point, costlier] = [hull[at - 1], hull[at]!, hull[at + 1]];
  return {
    betaMin: costlier ? slope(point, costlier) : 0,
    betaMax: cheaper ? slope(cheaper, point) : null,
  };
}

/** A β well within those of some weights: by ratio in their middle, where they have both ends. */
export function betaWithin({ betaMin, betaMax }: Weights): number {
  if (betaMax === null) return 2 * betaMin;
  return betaMin === 0 ? betaMax / 2 : Math.sqrt(betaMin * betaMax);
}

type Place = Pick<Described, 'cost' | 'accuracy'>;

/** Accuracy that more cost buys. */
const slope = (from: Place, to: Place): number => (to.accuracy - from.accuracy) / (to.cost - from.cost);

/** The corners of what lies above all points, by rising cost and accuracy: each is the best with some β. */
function upperHull<P extends Place>(points: readonly P[]): P[] {
  const hull: P[] = [];
  const steepness = () => (hull.length > 1 ? slope(hull.at(-2)!, hull.at(-1)!) : Number.POSITIVE_INFINITY);
  for (const point of [...points].sort((a, b) => a.cost - b.cost || b.accuracy - a.accuracy)) {
    while (hull.length > 0 && slope(hull.at(-1)!, point) >= steepness() * (1 - SAME)) hull.pop();
    if (hull.length === 0 || point.accuracy > hull.at(-1)!.accuracy) hull.push(point);
  }
  return hull;
}
