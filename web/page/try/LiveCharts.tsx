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

export function LiveCharts({ view, durationS }: { readonly view: LiveView; readonly durationS: number }) {
  const { recent, fromS, plans, ended } = view;
  const { plan } = plans.at(-1)!;
  const { slaMs, stages } = plan;
  const holds = held(plan);
  const time = {
    fromS,
    toS: fromS + Math.min(WINDOW_S, Math.max(1, durationS)),
    switchesS: plans.slice(1).map(({ atMs }) => atMs / 1000),
  };
  // The second that has not ended yet has no value.
  const points = (perS: PerSecond): LivePoint[] => [...perS, null].map((value, i) => [fromS + i, value]);
  const most = (...values: readonly (number | null)[]) =>
    values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0) || 1;
  // A plan's figure is drawn from the time at which the plan began to run.
  const planned = (label: string, value: (plan: Plan) => number | null): LiveLine => ({
    label,
    style: PLANNED,
    points: [...plans, { atMs: view.nowMs, plan }].map(({ atMs, plan }) => [atMs / 1000, value(plan)]),
  });
  const measured = (label: string, perS: PerSecond): LiveLine => ({
    label,
    style: styleOf(0),
    points: points(perS),
  });
  const completed = ended.filter(({ outcome }) => outcome === 'completed');
  const dotsOf = (some: typeof ended, known = true): LivePoint[] =>
    some.map(({ arrivalMs, latencyMs }) => [arrivalMs / 1000, known ? latencyMs : null]);
  return (
    <div class="tiles live-charts">
      <LiveChart
        {...time}
        title="Arrival rate"
        show={(value) => `${number(value)} /s`}
        now={
          <>
            <span style={{ color: styleOf(0).colour }}>
              <strong>{number(recent.ratePerS, 1)}</strong> /s
            </span>
            , <Planned>planned for {number(plan.ratePerS)}</Planned>
          </>
        }
        max={1.4 * most(...view.ratePerS, ...plans.map(({ plan }) => plan.ratePerS))}
        lines={[planned('planned', ({ ratePerS }) => ratePerS), measured('arrived', view.ratePerS)]}
      />
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
      <LiveChart
        {...time}
        title="Batch fill"
        show={percent}
        now={stages.map((stage, s) => (
          <span key={stage.name} style={{ color: styleOf(s).colour }}>
            {s > 0 && ', '}
            {rowName(stage)} <strong>{percent(recent.fill.get(stage.name) ?? null)}</strong> full
          </span>
        ))}
        max={1.3}
        rule={{ value: 1, label: 'full' }}
        lines={stages.map((stage, s) => ({
          label: rowName(stage),
          style: styleOf(s),
          points: points(view.fill.get(stage.name) ?? []),
        }))}
      />
      <LiveChart
        {...time}
        title="Accuracy"
        show={percent}
        now={
          <>
            <strong>{percent(recent.accuracy)}</strong>,{' '}
            <Planned>predicted {percent(expectedAccuracy(plan))}</Planned>
          </>
        }
        max={1.2}
        lines={[planned('predicted', expectedAccuracy), measured('accuracy', view.accuracy)]}
      />
      {holds.cores > 0 && (
        <LiveChart
          {...time}
          title="Cores in use"
          show={number}
          now={
            <>
              <strong>{number(recent.cores, 2)}</strong> of <Planned>{number(holds.cores)} held</Planned>
            </>
          }
          max={1.25 * most(...plans.map(({ plan }) => held(plan).cores), ...view.cores)}
          lines={[planned('held', (plan) => held(plan).cores), measured('in use', view.cores)]}
        />
      )}
      {holds.gpuShare > 0 && (
        <LiveChart
          {...time}
          title="GPU share"
          show={percent}
          now={
            <>
              <strong>{percent(recent.gpuShare)}</strong>,{' '}
              <Planned>predicted {percent(holds.gpuShare)}</Planned>
            </>
          }
          max={1.25 * most(...plans.map(({ plan }) => held(plan).gpuShare), ...view.gpuShare)}
          lines={[planned('predicted', (plan) => held(plan).gpuShare), measured('GPU', view.gpuShare)]}
        />
      )}
    </div>
  );
}
