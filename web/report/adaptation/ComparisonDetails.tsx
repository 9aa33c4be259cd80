import { useMemo } from 'preact/hooks';
import type { Comparison } from '../../../solver/documents/adaptation-report.ts';
import type { Interval } from '../../../solver/documents/run-report.ts';
import { styleOf } from '../../charts/series.ts';
import { TimePanels } from '../../charts/TimePanels.tsx';
import { linesPanel, type TimePanel, type TimeSeries } from '../../charts/time-panel.ts';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { inTimeText, milliseconds, number, percent, plural } from '../../components/format.ts';
import { loadText } from './AdaptationSummary.tsx';
import { CostAccuracy } from './CostAccuracy.tsx';
import { type NamedRun, othersOf, oursOf, runsOf } from './systems.ts';

interface ComparisonDetailsProps {
  readonly id: string;
  readonly comparison: Comparison;
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
}

/** The details of one comparison, collapsed. Charts are drawn only when it is opened. */
export function ComparisonDetails({ id, comparison, open, onToggle }: ComparisonDetailsProps) {
  const { pipeline, slaMs, requests } = comparison;
  const title = `${pipeline}, ${loadText(comparison)}`;
  return (
    <details id={id} class="fold" open={open} onToggle={(event) => onToggle(event.currentTarget.open)}>
      <summary>
        {title}{' '}
        <span class="muted small">
          (SLA {milliseconds(slaMs)}, {plural(requests, 'request')})
        </span>
      </summary>
      {open && <Body title={title} comparison={comparison} />}
    </details>
  );
}

function Body({ title, comparison }: { readonly title: string; readonly comparison: Comparison }) {
  const drawn = useMemo(() => drawnOf(comparison), [comparison]);
  const panels = useMemo(() => panelsOf(drawn, comparison.slaMs), [drawn, comparison]);
  return (
    <>
      <div class="tiles start panels comparison">
        <CostAccuracy title={`Accuracy for cost, ${title}`} comparison={comparison} />
        {drawn.length > 0 && (
          <TimePanels title={`Over time, ${title}`} endMs={endOf(drawn[0]!.run.overTime)} panels={panels} />
        )}
      </div>
      <DataTable
        caption={`Table of runs, ${title}`}
        columns={RUN_COLUMNS}
        rows={runsOf(comparison).map((row, key) => ({ ...row, key }))}
        rowKey={({ key }) => String(key)}
      />
    </>
  );
}

/** The runs with figures over time, in the order of drawing: those of ipa-edge are last, so that they cover the others. */
const drawnOf = (comparison: Comparison): NamedRun[] =>
  [...othersOf(comparison), ...oursOf(comparison.ours.filter(({ overTime }) => overTime.length > 0))].filter(
    ({ run }) => run.overTime.length > 0,
  );

/** End of the last interval, in ms. All intervals have the same length, a single one 10 s. */
const endOf = (overTime: readonly Interval[]): number =>
  overTime.at(-1)!.fromMs + (overTime[1] ?? { fromMs: 10_000 }).fromMs;

function panelsOf(drawn: readonly NamedRun[], slaMs: number): TimePanel[] {
  const series = (value: (interval: Interval) => number | null): TimeSeries[] =>
    drawn.map((one) => ({
      label: one.label,
      style: one.style,
      strong: one.run.setting !== null && one.label !== 'oracle',
      points: one.run.overTime.map((interval) => ({ atMs: interval.fromMs, value: value(interval) })),
    }));
  return [
    linesPanel({
      label: 'arrival rate (requests/s)',
      scale: 'zero',
      series: series((i) => i.ratePerS)
        .slice(0, 1)
        .map((load) => ({
          ...load,
          label: 'arrived',
          style: { ...styleOf(0), colour: 'var(--text)' },
        })),
    }),
    linesPanel({
      label: 'PAS (%)',
      scale: 'near',
      series: series((i) => (i.pas === null ? null : 100 * i.pas)),
    }),
    linesPanel({ label: 'cost', scale: 'zero', series: series((i) => i.cost) }),
    linesPanel({
      label: 'p95 (ms)',
      scale: 'log',
      rule: { value: slaMs, label: `SLA ${milliseconds(slaMs)}` },
      series: series((i) => i.p95Ms),
    }),
    linesPanel({
      label: 'misses of the SLA (%)',
      scale: 'zero',
      series: series(({ slaAttainment }) => (slaAttainment === null ? null : 100 * (1 - slaAttainment))),
    }),
  ];
}

const RUN_COLUMNS: Column<NamedRun & { readonly key: number }>[] = [
  { label: 'System', value: ({ label }) => label },
  { label: 'Predictor', value: ({ run }) => run.predictor },
  figures('Percentile', ({ run }) => run.setting?.percentile ?? null),
  figures('Least rate', ({ run }) => run.setting?.minRatePerS ?? null),
  { label: 'Accuracies combined', value: ({ run }) => run.setting?.accuracy ?? null },
  figures('β', ({ run }) => run.setting?.beta ?? null),
  figures(
    'η',
    ({ run }) => run.setting?.eta ?? null,
    (eta) => (eta === null ? '' : number(eta)),
  ),
  figures('Attainment', ({ run }) => run.slaAttainment, inTimeText),
  figures('p95', ({ run }) => run.p95Ms, milliseconds),
  figures('PAS', ({ run }) => run.pas, percent),
  figures('Cost', ({ run }) => run.cost, number),
  figures('Switches', ({ run }) => run.switches),
];
