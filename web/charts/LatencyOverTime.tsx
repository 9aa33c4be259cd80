import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { RequestRecord, RunReport } from '../../solver/documents/run-report.ts';
import { milliseconds, number } from '../components/format.ts';
import { endLabels, innerHeight, logAxisY, MARGIN, ruleAt } from './axis.ts';
import { Chart } from './Chart.tsx';
import type { ChartPoint } from './chart-points.ts';
import { Legend, NEW_PLAN } from './Legend.tsx';
import { onePath } from './one-path.ts';
import { RULE } from './series.ts';
import { stretchesOf } from './stretches.ts';
import { tipAlong } from './time-panel.ts';

const seconds = (request: RequestRecord): number => request.arrivalMs / 1000;

/** A common latency axis for the charts of several runs: from the lowest to the highest latency, SLAs included. */
export function runsDomain(runs: readonly RunReport[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const run of runs) {
    for (const ms of [run.slaMs, ...run.requests.map((request) => request.latencyMs)]) {
      if (ms === null || ms <= 0) continue;
      low = Math.min(low, ms);
      high = Math.max(high, ms);
    }
  }
  // The factor leaves space at the top for the marks of requests that were shed or failed.
  return [low / 1.2, high * 2.2];
}

interface LatencyOverTimeProps {
  readonly title: string;
  readonly run: RunReport;
  readonly low: number;
  readonly high: number;
}

/** Chart of each request's latency against its arrival time, with the SLA. */
export function LatencyOverTime({ title, run, low, high }: LatencyOverTimeProps) {
  const points = useMemo(() => stretchesOf(run), [run]);
  const draw = useCallback(() => latencyOverTime(run, points, [low, high]), [run, points, low, high]);
  const { completed, shed, failed } = run.result;
  const n = number;
  return (
    <Chart
      title={title}
      note={`${n(run.load.requests)} sent = ${n(completed)} completed + ${n(shed)} shed + ${n(failed)} failed`}
      description={`Latency of each request of the run ${run.name} over time, against the SLA of ${milliseconds(run.slaMs)}.`}
      draw={draw}
      points={points}
    />
  );
}

const HEIGHT = 240;

function latencyOverTime(
  run: RunReport,
  points: readonly ChartPoint[],
  domain: [number, number],
): Plot.PlotOptions {
  const outcome = (kind: RequestRecord['outcome']) => run.requests.filter((r) => r.outcome === kind);
  const { slaMs, load } = run;
  const completed = outcome('completed');
  const within = completed.filter((r) => r.latencyMs! <= slaMs);
  const late = completed.filter((r) => r.latencyMs! > slaMs);
  const sla = { name: `SLA\n${milliseconds(slaMs)}`, colour: RULE.colour, x: load.durationS, y: slaMs };
  return {
    height: HEIGHT,
    ...MARGIN,
    marginRight: 64,
    x: { domain: [0, load.durationS], label: 'arrival (s) →', labelAnchor: 'right' },
    y: { type: 'log', domain, axis: null },
    marks: [
      ...logAxisY(domain, '↑ latency (ms)'),
      endLabels([sla], domain, { height: innerHeight(HEIGHT), log: true }),
      Plot.dot(within, {
        x: seconds,
        y: 'latencyMs',
        render: onePath('circle'),
        fill: 'var(--series-1)',
      }),
      Plot.dot(late, {
        x: seconds,
        y: 'latencyMs',
        render: onePath('diamond'),
        fill: 'var(--series-2)',
      }),
      Plot.dot(outcome('shed'), {
        x: seconds,
        frameAnchor: 'top',
        dy: 6,
        render: onePath('times'),
        stroke: 'var(--text)',
        strokeOpacity: 0.7,
      }),
      Plot.dot(outcome('failed'), {
        x: seconds,
        frameAnchor: 'top',
        dy: 17,
        render: onePath('square'),
        fill: 'var(--text)',
      }),
      ruleAt(slaMs),
      ...run.plans
        .slice(1)
        .map(({ atMs }) => Plot.ruleX([atMs / 1000], { stroke: NEW_PLAN.colour, strokeDasharray: '2 3' })),
      ...tipAlong(points),
    ],
  };
}

const OUTCOMES = [
  { sign: '●', colour: 'var(--series-1)', label: 'completed within the SLA' },
  { sign: '◆', colour: 'var(--series-2)', label: 'completed late' },
  { sign: '×', colour: 'var(--text)', label: 'shed' },
  { sign: '■', colour: 'var(--text)', label: 'failed' },
];

/** The legend of the marks that the latency charts of these runs have. */
export const LatencyLegend = ({ runs }: { readonly runs: readonly RunReport[] }) => (
  <Legend entries={runs.some(({ plans }) => plans.length > 1) ? [...OUTCOMES, NEW_PLAN] : OUTCOMES} />
);
