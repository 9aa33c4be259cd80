import { useMemo } from 'preact/hooks';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import type { Adaptation, Interval, RunReport } from '../../../solver/documents/run-report.ts';
import { planStrip, type ServedPlans, stageText } from '../../charts/plan-strip.ts';
import { styleOf } from '../../charts/series.ts';
import { TimePanels } from '../../charts/TimePanels.tsx';
import { linesPanel, type TimePanel, type TimePoint } from '../../charts/time-panel.ts';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { DASH, inTimeText, milliseconds, number, percent, rate } from '../../components/format.ts';
import { rowName } from '../../components/variants.ts';
import { runTitle } from './view.ts';

/** Charts over time of the runs that adapted, changed their plan, or have too many requests to draw each. */
export function OverTime({ runs }: { readonly runs: readonly RunReport[] }) {
  return (
    <section id="over-time">
      <h2>Over time</h2>
      <p class="muted">
        Means and percentiles of stretches of 10 s. The forecast is for the busiest second of the next 20 s;
        its p90 should be exceeded one time in ten. Planned: the rate that the plan was made for.
      </p>
      {runs.map((run) => (
        <RunOverTime key={runTitle(run)} run={run} />
      ))}
    </section>
  );
}

export function RunOverTime({ run }: { readonly run: RunReport }) {
  const panels = useMemo(() => panelsOf(run), [run]);
  const { adaptation, plans, overTime } = run;
  const title = runTitle(run);
  const endMs = 1000 * run.load.durationS;
  return (
    <>
      <div class="tiles panels">
        <TimePanels
          title={title}
          note={
            adaptation &&
            `${adaptation.system === 'ours' ? 'ipa-edge' : adaptation.system}, predictor ${adaptation.predictor}, a decision every ${number(adaptation.intervalS)} s`
          }
          endMs={endMs}
          panels={panels}
        />
      </div>
      <DataTable
        caption={`Table of plans over time, ${title}`}
        columns={planColumns(plans, endMs)}
        rows={plans}
        // The index is the key, because two plans may have started at the same time.
        rowKey={(served) => String(plans.indexOf(served))}
      />
      {adaptation && (
        <DataTable
          caption={`Table of forecasts, ${title}`}
          columns={STEP_COLUMNS}
          rows={adaptation.steps}
          rowKey={({ atMs }) => String(atMs)}
        />
      )}
      <DataTable
        caption={`Table over time, ${title}`}
        columns={INTERVAL_COLUMNS}
        rows={overTime}
        rowKey={({ fromMs }) => String(fromMs)}
      />
    </>
  );
}

function panelsOf({ overTime, adaptation, plans, slaMs }: RunReport): TimePanel[] {
  const points = (value: (interval: Interval) => number | null): TimePoint[] =>
    overTime.map((interval) => ({ atMs: interval.fromMs, value: value(interval) }));
  const steps = (value: (step: Adaptation['steps'][number]) => number): TimePoint[] =>
    (adaptation?.steps ?? []).map((step) => ({ atMs: step.atMs, value: value(step) }));
  const forecasts = adaptation
    ? [
        { label: 'forecast p90', style: styleOf(1), points: steps((step) => step.p90PerS) },
        { label: 'median', style: styleOf(2), points: steps((step) => step.medianPerS) },
        { label: 'planned', style: styleOf(3), points: steps((step) => step.plannedPerS) },
      ]
    : [];
  return [
    linesPanel({
      label: 'arrival rate (requests/s)',
      scale: 'zero',
      series: [
        ...forecasts,
        { label: 'arrived', style: styleOf(0), points: points((i) => i.ratePerS), strong: true },
      ],
    }),
    linesPanel({
      label: 'latency (ms)',
      scale: 'log',
      rule: { value: slaMs, label: `SLA ${milliseconds(slaMs)}` },
      series: [
        { label: 'p95', style: styleOf(1), points: points((i) => i.p95Ms) },
        { label: 'p50', style: styleOf(0), points: points((i) => i.p50Ms) },
      ],
    }),
    linesPanel({
      label: 'misses of the SLA (%)',
      scale: 'zero',
      series: [
        {
          label: 'missed',
          style: styleOf(1),
          points: points(({ slaAttainment }) => (slaAttainment === null ? null : 100 * (1 - slaAttainment))),
        },
      ],
    }),
    linesPanel({
      label: 'PAS (%)',
      scale: 'near',
      series: [
        { label: 'PAS', style: styleOf(0), points: points((i) => (i.pas === null ? null : 100 * i.pas)) },
      ],
    }),
    linesPanel({
      label: 'cost',
      scale: 'zero',
      series: [{ label: 'cost', style: styleOf(0), points: points((i) => i.cost) }],
    }),
    ...rowsOf(plans).map((row) => planStrip(plans, row)),
  ];
}

/** The rows of all plans, by their names: one plan may have a heavy variant that another does not have. */
const rowsOf = (plans: ServedPlans): PlanStage[] => [
  ...new Map(plans.flatMap(({ plan }) => plan.stages.map((row) => [row.name, row] as const))).values(),
];

type Served = ServedPlans[number];

const seconds = (ms: number | null): string => (ms === null ? DASH : `${number(ms / 1000, 1)}\u00a0s`);

function planColumns(plans: ServedPlans, endMs: number): Column<Served>[] {
  const until = (served: Served): number => plans[plans.indexOf(served) + 1]?.atMs ?? endMs;
  return [
    figures('From', ({ atMs }) => atMs, seconds),
    figures('Until', until, seconds),
    ...rowsOf(plans).map(
      (row): Column<Served> => ({
        label: `${rowName(row)}: variant × batch × replicas`,
        value: ({ plan }) =>
          plan.stages
            .filter(({ name }) => name === row.name)
            .map(stageText)
            .join(),
      }),
    ),
    figures('Planned rate', ({ plan }) => plan.ratePerS, rate),
    figures('PAS', ({ plan }) => plan.predicted.pas, percent),
    figures('Cost', ({ plan }) => plan.predicted.cost, number),
  ];
}

const STEP_COLUMNS: readonly Column<Adaptation['steps'][number]>[] = [
  figures('At', (step) => step.atMs, seconds),
  figures('Median', (step) => step.medianPerS, rate),
  figures('p90', (step) => step.p90PerS, rate),
  figures('Planned rate', (step) => step.plannedPerS, rate),
];

const INTERVAL_COLUMNS: readonly Column<Interval>[] = [
  figures('From', (i) => i.fromMs, seconds),
  figures('Arrival rate', (i) => i.ratePerS, rate),
  figures('p50', (i) => i.p50Ms, milliseconds),
  figures('p95', (i) => i.p95Ms, milliseconds),
  figures('Attainment', (i) => i.slaAttainment, inTimeText),
  figures('PAS', (i) => i.pas, percent),
  figures('Cost', (i) => i.cost, number),
];
