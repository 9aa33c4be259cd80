import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { AdaptationRun, Comparison } from '../../../solver/documents/adaptation-report.ts';
import { against } from '../../../solver/report/against.ts';
import { MARGIN, OVER_GRID } from '../../charts/axis.ts';
import { Chart } from '../../charts/Chart.tsx';
import { styleOf } from '../../charts/series.ts';
import { inTimeText, milliseconds, number, percent } from '../../components/format.ts';
import { type Dot, dotsOf } from './dots.ts';
import { COMPARED, type NamedRun, othersOf, runsOf, titleOf } from './systems.ts';

interface CostAccuracyProps {
  readonly title: string;
  readonly comparison: Comparison;
}

/** Chart of accuracy against cost of every system. ipa-edge has one line for each percentile, over several weights of cost. */
export function CostAccuracy({ title, comparison }: CostAccuracyProps) {
  const draw = useCallback(() => costAccuracyPlot(comparison), [comparison]);
  const points = useMemo(
    () =>
      dotsOf(runsOf(comparison)).map((dot) => ({
        x: dot.cost,
        y: 100 * dot.pas,
        text: describe(dot),
      })),
    [comparison],
  );
  return (
    <Chart
      title={title}
      note="ours: one line for each required percentile · large ring on a line: the point that a verdict compares with another system · hollow: lower attainment than IPA · rings around other symbols: several systems at one place"
      description="Mean PAS against mean cost of every system, and of ours with every setting. The table holds the figures."
      draw={draw}
      points={points}
    />
  );
}

const OURS = styleOf(0).colour;

/** Sides for labels that are close to each other: each label gets another side. */
const SIDES: readonly Plot.TextOptions[] = [
  { dx: -11, textAnchor: 'end' },
  { dx: 11, textAnchor: 'start' },
  { dy: 17 },
];

function costAccuracyPlot(comparison: Comparison): Plot.PlotOptions {
  const { ours } = comparison;
  const others = othersOf(comparison);
  const all = runsOf(comparison);
  const scores = all.map(({ run }) => 100 * run.pas);
  const domain: [number, number] = [Math.min(...scores) - 2, Math.max(...scores) + 2];
  const wanted = against(comparison, 'ipa')?.rival.slaAttainment ?? 0;
  const channels = { x: 'cost', y: 'pas' } as const;
  const readOff = COMPARED.flatMap((system) => {
    const same = against(comparison, system)?.atPas;
    return same ? [{ ...same, text: `at PAS of ${titleOf(system)}` }] : [];
  });
  return {
    height: 380,
    ...MARGIN,
    x: {
      label: 'mean cost (cores and GPU share at their prices) →',
      labelAnchor: 'right',
      domain: [0, 1.05 * Math.max(...all.map(({ run }) => run.cost))],
      grid: true,
      ticks: 5,
    },
    y: { label: '↑ mean PAS (%)', percent: true, domain, grid: true, ticks: 6 },
    marks: [
      Plot.text(lineLabels(ours), {
        ...channels,
        text: 'text',
        fill: OURS,
        textAnchor: 'end',
        dx: 4,
        dy: -13,
        ...OVER_GRID,
      }),
      ...dotsOf(others).map(({ cost, pas, runs }) =>
        Plot.text([{ cost, pas }], {
          ...channels,
          text: [runs.map((one) => one.label).join(', ')],
          fill: runs[0]!.style.colour,
          dy: -11 - 4 * runs.length,
          ...OVER_GRID,
        }),
      ),
      ...readOff.map((place, i) =>
        Plot.text([place], {
          ...channels,
          text: 'text',
          fill: 'var(--text)',
          ...SIDES[i % SIDES.length],
          ...OVER_GRID,
        }),
      ),
      ...linesOf(ours).map((line) => Plot.lineY(line, { ...channels, stroke: OURS, strokeOpacity: 0.5 })),
      ...dotsOf(others).flatMap(({ runs }) =>
        runs.map(({ run, style: { colour, symbol } }, i) =>
          i === 0
            ? Plot.dot([run], { ...channels, symbol, fill: colour, r: 6 })
            : Plot.dot([run], { ...channels, symbol, stroke: colour, strokeWidth: 1.75, r: 6 + 4 * i }),
        ),
      ),
      // Draws the dots of ipa-edge over those of the other systems, and smaller, so that both are visible.
      Plot.dot(ours, {
        ...channels,
        r: 3,
        stroke: OURS,
        fill: (run: AdaptationRun) => (run.slaAttainment >= wanted ? OURS : 'var(--surface)'),
      }),
      Plot.dot(readOff, { ...channels, r: 7, stroke: 'var(--text)', strokeWidth: 1.75 }),
      Plot.tip(dotsOf(all), Plot.pointer({ ...channels, title: describe })),
    ],
  };
}

/** Makes one line for each percentile and way to combine accuracies. The points of a line are ordered by cost. */
function linesOf(ours: readonly AdaptationRun[]): AdaptationRun[][] {
  const kindOf = ({ setting }: AdaptationRun) => `${setting?.percentile} ${setting?.accuracy}`;
  return [...new Set(ours.map(kindOf))].map((kind) =>
    ours.filter((run) => kindOf(run) === kind).sort((a, b) => a.cost - b.cost),
  );
}

/** Labels each line with its percentile at the most expensive end. Lines that end near each other share a label. */
function lineLabels(ours: readonly AdaptationRun[]): { cost: number; pas: number; text: string }[] {
  const labels: { cost: number; pas: number; text: string }[] = [];
  const near = 0.15 * Math.max(...ours.map(({ cost }) => cost));
  for (const line of linesOf(ours)) {
    const { cost, pas, setting } = line.at(-1)!;
    const text = setting
      ? `p${setting.percentile}${setting.accuracy === 'product' ? '' : ` ${setting.accuracy}`}`
      : 'ours';
    const same = labels.find((one) => Math.abs(one.cost - cost) <= near && Math.abs(one.pas - pas) <= 0.02);
    if (same) same.text += `, ${text}`;
    else labels.push({ cost, pas, text });
  }
  return labels;
}

/** A tooltip lists at most this many runs. */
const LISTED_MAX = 3;

function describe({ runs }: Dot): string {
  const more = runs.length - LISTED_MAX;
  return [
    ...runs.slice(0, LISTED_MAX).map(describeRun),
    ...(more > 0 ? [`and ${more} more at this place`] : []),
  ].join('\n');
}

const describeRun = ({ label, run }: NamedRun): string =>
  [
    label,
    `PAS ${percent(run.pas)}, cost ${number(run.cost)}`,
    `attainment ${inTimeText(run.slaAttainment)}, p95 ${milliseconds(run.p95Ms)}`,
  ].join('\n');
