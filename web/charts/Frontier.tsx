import * as Plot from '@observablehq/plot';
import { useCallback } from 'preact/hooks';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { chain, milliseconds, number, percent } from '../format.ts';
import { Chart } from './Chart.tsx';

interface FrontierProps {
  readonly title: string;
  readonly points: readonly FrontierPoint[];
  readonly stages: readonly string[];
  readonly chosen: { readonly cost: number; readonly accuracy: number };
}

/** The best accuracy for each cost, with the plan's place. */
export function Frontier({ title, points, stages, chosen }: FrontierProps) {
  const { cost, accuracy } = chosen;
  const draw = useCallback(
    () => frontierPlot(points, stages, { cost, accuracy }),
    [points, stages, cost, accuracy],
  );
  return (
    <Chart
      title={title}
      note="ring: the plan"
      description="The best accuracy that each cost can have at this SLA and rate. The table holds the figures."
      draw={draw}
    />
  );
}

function frontierPlot(
  points: readonly FrontierPoint[],
  stages: readonly string[],
  chosen: FrontierProps['chosen'],
): Plot.PlotOptions {
  const rising = [...points].sort((a, b) => a.cost - b.cost);
  const accuracies = [chosen, ...points].map((p) => p.accuracy);
  const costs = [chosen, ...points].map((p) => p.cost);
  const place = { x: 'cost', y: 'accuracy' } as const;
  // A lone point needs room around it too.
  const domain = [100 * Math.min(...accuracies) - 2, 100 * Math.max(...accuracies) + 2];
  return {
    height: 280,
    marginTop: 32,
    marginBottom: 36,
    marginLeft: 48,
    marginRight: 24,
    x: { label: 'cost →', labelAnchor: 'right', domain: [0, 1.1 * Math.max(...costs)], ticks: 6 },
    y: { label: '↑ PAS (%)', percent: true, grid: true, domain, ticks: 5 },
    marks: [
      Plot.lineY(rising, { ...place, curve: 'step-after', stroke: 'var(--series-1)', strokeWidth: 1.5 }),
      Plot.dot(points, { ...place, fill: 'var(--series-1)', r: 3.5 }),
      Plot.dot([chosen], { ...place, stroke: 'var(--text)', strokeWidth: 2, r: 8 }),
      Plot.text([chosen], {
        ...place,
        text: ['plan'],
        dy: -18,
        fontWeight: 700,
        fill: 'var(--text)',
        stroke: 'var(--surface)',
        strokeWidth: 4,
      }),
      Plot.tip(
        points,
        Plot.pointer({
          ...place,
          title: (p: FrontierPoint) =>
            `${chain(p.variants, stages)}\nPAS ${percent(p.accuracy)}, cost ${number(p.cost)}\nbound ${milliseconds(p.boundMs)}`,
        }),
      ),
    ],
  };
}
