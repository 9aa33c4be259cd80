import type { ComponentChildren } from 'preact';
import type { Plan } from '../../../solver/documents/plan.ts';
import { LiveChart } from '../../charts/LiveChart.tsx';
import type { LiveLine, LivePoint } from '../../charts/live-points.ts';
import { styleOf } from '../../charts/series.ts';
import { milliseconds, number, percent } from '../../components/format.ts';
import { rowName } from '../../components/variants.ts';
import { held, type LiveView, type PerSecond, WINDOW_S } from '../../state/try/live-run.ts';

/** The style of planned and predicted figures. */
const PLANNED = styleOf(3);

/** A figure of the plan, in the colour of its line. */
const Planned = ({ children }: { readonly children: ComponentChildren }) => (
  <span style={{ color: PLANNED.colour }}>{children}</span>
);

const expectedAccuracy = ({ predicted }: Plan): number | null => predicted.endToEnd ?? predicted.pas;

interface PartProps {
  readonly view: LiveView;
  /** What the charts have in common: their time, and when one plan replaced another. */
  readonly time: {
    readonly fromS: number;
    readonly toS: number;
    readonly switchesS: readonly number[];
  };
}

export function LiveCharts({ view, durationS }: { readonly view: LiveView; readonly durationS: number }) {
  const { fromS, plans } = view;
  const time = {
    fromS,
    toS: fromS + Math.min(WINDOW_S, Math.max(1, durationS)),
    switchesS: plans.slice(1).map(({ atMs }) => atMs / 1000),
  };
  const { cores, gpuShare } = held(planOf(view));
  return (
    <div class="tiles live-charts">
      <ArrivalRate view={view} time={time} />
      <Latency view={view} time={time} />
      <BatchFill view={view} time={time} />
      <Accuracy view={view} time={time} />
      {cores > 0 && <Cores view={view} time={time} />}
      {gpuShare > 0 && <GpuShare view={view} time={time} />}
    </div>
  );
}

/** The plan that runs now. */
const planOf = ({ plans }: LiveView): Plan => plans.at(-1)!.plan;

/** The points of each second. The second that has not ended yet has no value. */
const pointsOf = ({ fromS }: LiveView, perS: PerSecond): LivePoint[] =>
  [...perS, null].map((value, i) => [fromS + i, value]);

const measured = (view: LiveView, label: string, perS: PerSecond): LiveLine => ({
  label,
  style: styleOf(0),
  points: pointsOf(view, perS),
});

/** The line of a plan's figure, from the time at which the plan began to run. */
const planned = (view: LiveView, label: string, value: (plan: Plan) => number | null): LiveLine => ({
  label,
  style: PLANNED,
  points: [...view.plans, { atMs: view.nowMs, plan: planOf(view) }].map(({ atMs, plan }) => [
    atMs / 1000,
    value(plan),
  ]),
});

/** The largest value; 1 if all are 0 or unknown. */
const most = (...values: readonly (number | null)[]): number =>
  values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0) || 1;

function ArrivalRate({ view, time }: PartProps) {
  return (
    <LiveChart
      {...time}
      title="Arrival rate"
      show={(value) => `${number(value)} /s`}
      now={
        <>
          <span style={{ color: styleOf(0).colour }}>
            <strong>{number(view.recent.ratePerS, 1)}</strong> /s
          </span>
          , <Planned>planned for {number(planOf(view).ratePerS)}</Planned>
        </>
      }
      max={1.4 * most(...view.ratePerS, ...view.plans.map(({ plan }) => plan.ratePerS))}
      lines={[planned(view, 'planned', ({ ratePerS }) => ratePerS), measured(view, 'arrived', view.ratePerS)]}
    />
  );
}

function Latency({ view, time }: PartProps) {
  const { recent, ended } = view;
  const { slaMs } = planOf(view);
  const completed = ended.filter(({ outcome }) => outcome === 'completed');
  const dotsOf = (some: typeof ended, known = true): LivePoint[] =>
    some.map(({ arrivalMs, latencyMs }) => [arrivalMs / 1000, known ? latencyMs : null]);
  return (
    <LiveChart
      {...time}
      title="Latency"
      show={milliseconds}
      now={
        <>
          p50 {milliseconds(recent.p50Ms)}, p95 <strong>{milliseconds(recent.p95Ms)}</strong>
        </>
      }
      max={1.4 * slaMs}
      rule={{ value: slaMs, label: `SLA ${number(slaMs)} ms` }}
      dots={[
        {
          label: 'within',
          colour: 'var(--series-1)',
          size: 3,
          shape: 'circle',
          points: dotsOf(completed.filter(({ latencyMs }) => latencyMs <= slaMs)),
        },
        {
          label: 'late',
          colour: 'var(--series-2)',
          size: 5,
          shape: 'circle',
          points: dotsOf(completed.filter(({ latencyMs }) => latencyMs > slaMs)),
        },
        {
          label: 'shed or failed',
          colour: 'var(--text)',
          size: 5,
          shape: 'square',
          points: dotsOf(
            ended.filter(({ outcome }) => outcome !== 'completed'),
            false,
          ),
        },
      ]}
    />
  );
}

function BatchFill({ view, time }: PartProps) {
  const { stages } = planOf(view);
  return (
    <LiveChart
      {...time}
      title="Batch fill"
      show={percent}
      now={stages.map((stage, s) => (
        <span key={stage.name} style={{ color: styleOf(s).colour }}>
          {s > 0 && ', '}
          {rowName(stage)} <strong>{percent(view.recent.fill.get(stage.name) ?? null)}</strong> full
        </span>
      ))}
      max={1.3}
      rule={{ value: 1, label: 'full' }}
      lines={stages.map((stage, s) => ({
        label: rowName(stage),
        style: styleOf(s),
        points: pointsOf(view, view.fill.get(stage.name) ?? []),
      }))}
    />
  );
}

function Accuracy({ view, time }: PartProps) {
  return (
    <LiveChart
      {...time}
      title="Accuracy"
      show={percent}
      now={
        <>
          <strong>{percent(view.recent.accuracy)}</strong>,{' '}
          <Planned>predicted {percent(expectedAccuracy(planOf(view)))}</Planned>
        </>
      }
      max={1.2}
      lines={[planned(view, 'predicted', expectedAccuracy), measured(view, 'accuracy', view.accuracy)]}
    />
  );
}

function Cores({ view, time }: PartProps) {
  return (
    <LiveChart
      {...time}
      title="Cores in use"
      show={number}
      now={
        <>
          <strong>{number(view.recent.cores, 2)}</strong> of{' '}
          <Planned>{number(held(planOf(view)).cores)} held</Planned>
        </>
      }
      max={1.25 * most(...view.plans.map(({ plan }) => held(plan).cores), ...view.cores)}
      lines={[planned(view, 'held', (plan) => held(plan).cores), measured(view, 'in use', view.cores)]}
    />
  );
}

function GpuShare({ view, time }: PartProps) {
  return (
    <LiveChart
      {...time}
      title="GPU share"
      show={percent}
      now={
        <>
          <strong>{percent(view.recent.gpuShare)}</strong>,{' '}
          <Planned>predicted {percent(held(planOf(view)).gpuShare)}</Planned>
        </>
      }
      max={1.25 * most(...view.plans.map(({ plan }) => held(plan).gpuShare), ...view.gpuShare)}
      lines={[
        planned(view, 'predicted', (plan) => held(plan).gpuShare),
        measured(view, 'GPU', view.gpuShare),
      ]}
    />
  );
}
