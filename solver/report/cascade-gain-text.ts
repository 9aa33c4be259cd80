import type { FrontierPoint } from '../documents/report.ts';
import { bestPoints, cascadeGains } from '../frontier/cascade-gains.ts';
import { percent } from '../math/figures.ts';
import { pointVariants } from './cascade-text.ts';

/** A smaller gain in accuracy, or a smaller saving as a fraction of the cost, is not reported. */
const GAIN_MIN = 0.0005;

/** The sentence for cascades that gain neither accuracy nor cost. */
export const NO_GAIN = 'Cascades gain nothing here over one variant for each stage.';

const cost = (value: number): string => String(Number(value.toPrecision(3)));
const chain = (point: FrontierPoint): string => Object.values(pointVariants(point)).join(' → ');

/**
 * Sentences about what cascades gain for a request: accuracy at the cost where they gain most, and cost at the best accuracy
 * without cascades. Empty if `without` is empty.
 */
export function cascadeGainSentences(
  points: readonly FrontierPoint[],
  without: readonly FrontierPoint[],
): string[] {
  const top = bestPoints(without).at(-1);
  if (!top) return [];
  const gains = cascadeGains(points, without).flatMap(({ cost: at, best, bestWithout }) =>
    bestWithout && best.accuracy - bestWithout.accuracy >= GAIN_MIN
      ? [{ at, best, bestWithout, gain: best.accuracy - bestWithout.accuracy }]
      : [],
  );
  const most = gains.length > 0 ? gains.reduce((a, b) => (b.gain > a.gain ? b : a)) : undefined;
  const cheaper = bestPoints(points).find(({ accuracy }) => accuracy >= top.accuracy);
  const saves = cheaper && cheaper.cost < top.cost * (1 - GAIN_MIN);
  if (!most && !saves) return [NO_GAIN];
  return [
    ...(most
      ? [
          `For a cost of ${cost(most.at)}, the best choice is a cascade: ${chain(most.best)}. ` +
            `Its PAS is ${percent(most.best.accuracy)}, without cascades at most ${percent(most.bestWithout.accuracy)}.`,
        ]
      : []),
    ...(saves
      ? [
          `The best PAS without cascades, ${percent(top.accuracy)}, costs ${cost(top.cost)}, and with cascades ` +
            `${cost(cheaper.cost)}: ${chain(cheaper)}.`,
        ]
      : []),
  ];
}
