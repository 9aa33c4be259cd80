import { useCallback, useMemo } from 'preact/hooks';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { bestPoints } from '../../solver/frontier/cascade-gains.ts';
import { chosenAmong } from '../../solver/frontier/weights.ts';
import { cascadeGainSentences } from '../../solver/report/cascade-gain-text.ts';
import type { Prices } from '../components/cost.ts';
import { number } from '../components/format.ts';
import { Chart, Figure } from './Chart.tsx';
import { chartPoints, frontierPlot } from './frontier-plot.ts';
import { useSame } from './same.ts';

interface FrontierProps {
  readonly title: string;
  readonly points: readonly FrontierPoint[];
  /** The frontier without cascades; empty if no point has a cascade. */
  readonly without: readonly FrontierPoint[];
  readonly stages: readonly string[];
  readonly slaMs: number;
  readonly chosen: { readonly cost: number; readonly accuracy: number };
  readonly prices: Prices;
  /** Called when the user clicks a point, or presses Enter on it. */
  readonly choose?: (point: FrontierPoint) => void;
}

/** Chart of the best accuracy for each cost within the SLA. A ring marks the plan. */
export function Frontier({ title, points, without, slaMs, choose, ...beside }: FrontierProps) {
  const { stages, chosen, prices } = useSame(beside);
  const best = useMemo(() => bestPoints(points), [points]);
  const bestWithout = useMemo(() => differing(bestPoints(without), best), [without, best]);
  const slider = choose !== undefined;
  const draw = useCallback(
    (width: number) => frontierPlot(best, bestWithout, stages, chosen, prices, { width, slider }),
    [best, bestWithout, stages, chosen, prices, slider],
  );
  const keyPoints = useMemo(() => chartPoints(best, stages), [best, stages]);
  if (best.length === 1)
    return (
      <Figure title={title}>
        <p>
          There is one choice: within {number(slaMs)} ms, and at this arrival rate, no other combination is
          cheaper, and none is more accurate. The table has the choices for shorter time limits, too.
        </p>
      </Figure>
    );
  return (
    <Chart
      title={title}
      note={[
        `within ${number(slaMs)} ms`,
        `● ${slider ? 'the slider’s choices' : 'chosen with some β'}`,
        ...(chosenAmong(best).length < best.length
          ? [`○ best for its cost too, but ${slider ? 'not on the slider' : 'no β chooses it'}`]
          : []),
        ...(bestWithout.length > 0 ? ['—\u00a0with\u00a0cascades', '···\u00a0without'] : []),
      ].join(' · ')}
      description={[
        'The best accuracy that each cost can have at this rate within the SLA. The table holds the figures.',
        ...cascadeGainSentences(points, without),
      ].join(' ')}
      draw={draw}
      points={keyPoints}
      {...(choose && { choose: (point) => choose(point as FrontierPoint) })}
    />
  );
}

/** The best choices without cascades; empty if the best choices with cascades have the same costs and accuracies. */
function differing(
  without: readonly FrontierPoint[],
  best: readonly FrontierPoint[],
): readonly FrontierPoint[] {
  const figures = (of: readonly FrontierPoint[]) => String(of.map(({ cost, accuracy }) => [cost, accuracy]));
  return figures(without) === figures(best) ? [] : without;
}
