import * as Plot from '@observablehq/plot';
import type { Combination } from '../../../solver/documents/report.ts';
import { MARGIN, OVER_GRID } from '../../charts/axis.ts';
import { Chart } from '../../charts/Chart.tsx';
import { chain, inTimeText, milliseconds, number, percent } from '../../components/format.ts';
import { sameVariants, type Variants } from '../../components/variants.ts';

/** A combination with a label in the chart: the plan's, the heaviest or the lightest. */
interface Named {
  readonly name: string;
  readonly variants: Variants;
}

/**
 * The accuracy end to end or, if it was not measured for every combination, PAS, with its name. Where neither is known, there is no
 * chart.
 */
const accuracyIn = (combinations: readonly Combination[]) =>
  combinations.every(({ endToEnd }) => endToEnd !== null)
    ? { name: 'accuracy', axis: 'accuracy, end to end (%) →', of: (c: Combination): number => c.endToEnd! }
    : { name: 'PAS', axis: 'PAS (%) →', of: (c: Combination): number => c.pas! };

type Accuracy = ReturnType<typeof accuracyIn>;

interface CombinationsProps {
  readonly title: string;
  readonly combinations: readonly Combination[];
  readonly stages: readonly string[];
  readonly named: readonly Named[];
}

/** Chart of all combinations of variants: accuracy against the best attainment of each. */
export function Combinations({ title, combinations, stages, named }: CombinationsProps) {
  const accuracy = accuracyIn(combinations);
  const points = [...combinations]
    .sort((a, b) => accuracy.of(a) - accuracy.of(b))
    .map((c) => ({
      x: 100 * accuracy.of(c),
      y: 100 * c.slaAttainment,
      text: describe(c, stages, accuracy),
    }));
  const feasible = combinations.filter((c) => c.feasible).length;
  return (
    <Chart
      title={title}
      note={`${feasible} of ${combinations.length} feasible · hollow: infeasible`}
      description="Accuracy of every combination of variants against its attainment. The table holds the figures."
      draw={() => combinationsPlot(combinations, stages, named, accuracy)}
      points={points}
    />
  );
}

function combinationsPlot(
  combinations: readonly Combination[],
  stages: readonly string[],
  named: readonly Named[],
  accuracy: Accuracy,
): Plot.PlotOptions {
  const labelled = named.flatMap(({ name, variants }) => {
    const found = combinations.find((c) => sameVariants(c.variants, variants));
    return found ? [{ ...found, name }] : [];
  });
  const chosen = labelled.filter(({ name }) => name === 'plan');
  const channels = { x: accuracy.of, y: 'slaAttainment' } as const;
  const label = { ...channels, text: 'name', fill: 'var(--text)', ...OVER_GRID } as const;
  return {
    height: 280,
    ...MARGIN,
    marginRight: 24,
    x: { label: accuracy.axis, labelAnchor: 'right', percent: true, inset: 24, ticks: 6 },
    y: { label: '↑ attainment (%)', domain: [0, 100], percent: true, grid: true, ticks: 5, insetBottom: 8 },
    marks: [
      Plot.text(
        labelled.filter((c) => c.slaAttainment >= 0.5),
        { ...label, dy: 18 },
      ),
      Plot.text(
        labelled.filter((c) => c.slaAttainment < 0.5),
        { ...label, dy: -18 },
      ),
      Plot.dot(
        combinations.filter((c) => c.feasible),
        { ...channels, fill: 'var(--series-1)', r: 4 },
      ),
      Plot.dot(
        combinations.filter((c) => !c.feasible),
        { ...channels, stroke: 'var(--series-2)', symbol: 'square', r: 3.5 },
      ),
      Plot.dot(chosen, { ...channels, stroke: 'var(--text)', strokeWidth: 2, r: 8 }),
      Plot.tip(
        combinations,
        Plot.pointer({ ...channels, title: (c: Combination) => describe(c, stages, accuracy) }),
      ),
    ],
  };
}

const describe = (c: Combination, stages: readonly string[], accuracy: Accuracy): string =>
  [
    chain(c.variants, stages),
    `${accuracy.name} ${percent(accuracy.of(c))}, attainment ${inTimeText(c.slaAttainment)}`,
    `p95 ${milliseconds(c.p95Ms)}, cost ${number(c.cost)}`,
    ...(c.binding ? [c.binding] : []),
  ].join('\n');
