import { LiveChart } from '../../charts/LiveChart.tsx';
import type { LivePoint } from '../../charts/live-points.ts';
import { styleOf } from '../../charts/series.ts';
import { milliseconds, number, percent } from '../../components/format.ts';
import { held, type LiveView, type PerSecond, WINDOW_S } from '../../state/try/live-run.ts';

interface LiveChartsProps {
  readonly view: LiveView;
  readonly durationS: number;
}

/** Charts of a running plan. */
export function LiveCharts({ view, durationS }: LiveChartsProps) {
  const { recent, fromS, plans, ended } = view;
  const { slaMs, predicted, stages } = plans.at(-1)!.plan;
  const expected = predicted.endToEnd ?? predicted.pas;
  const holds = held(plans.at(-1)!.plan);
  const time = {
    fromS,
    toS: fromS + Math.min(WINDOW_S, Math.max(1, durationS)),
    switchesS: plans.slice(1).map(({ atMs }) => atMs / 1000),
  };
  const points = (perS: PerSecond): LivePoint[] => perS.map((value, i) => [fromS + i, value]);
  const most = (...values: readonly (number | null)[]) =>
    values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0) || 1;
  const planned: LivePoint[] = plans.map(({ atMs, plan }) => [atMs / 1000, plan.ratePerS]);
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
            ,{' '}
            <span style={{ color: styleOf(3).colour }}>
              planned for {number(plans.at(-1)!.plan.ratePerS)}
            </span>
          </>
        }
        max={1.4 * most(...view.ratePerS, ...planned.map(([, rate]) => rate))}
        lines={[
          {
            label: 'planned',
            style: styleOf(3),
            points: [...planned, [view.nowMs / 1000, planned.at(-1)![1]]],
          },
          { label: 'arrived', style: styleOf(0), points: points(view.ratePerS) },
        ]}
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
            points: dotsOf(completed.filter(({ latencyMs }) => latencyMs <= slaMs)),
          },
          {
            label: 'late',
            colour: 'var(--series-2)',
            size: 5,
            points: dotsOf(completed.filter(({ latencyMs }) => latencyMs > slaMs)),
          },
          {
            label: 'shed or failed',
            colour: 'var(--bad)',
            size: 5,
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
        now={stages.map(({ name, batch }, s) => (
          <span key={name} style={{ color: styleOf(s).colour }}>
            {s > 0 && ', '}
            {name} <strong>{percent(recent.fill.get(name) ?? null)}</strong> of {batch}
          </span>
        ))}
        max={1.3}
        rule={{ value: 1, label: 'full' }}
        lines={stages.map(({ name }, s) => ({
          label: name,
          style: styleOf(s),
          points: points(view.fill.get(name) ?? []),
        }))}
      />
      <LiveChart
        {...time}
        title="Accuracy"
        show={percent}
        now={
          <>
            <strong>{percent(recent.accuracy)}</strong>, predicted {percent(expected)}
          </>
        }
        max={1.2}
        {...(expected !== null && { rule: { value: expected, label: 'predicted' } })}
        lines={[{ label: 'accuracy', style: styleOf(0), points: points(view.accuracy) }]}
      />
      {holds.cores > 0 && (
        <LiveChart
          {...time}
          title="Cores in use"
          show={number}
          now={
            <>
              <strong>{number(recent.cores, 2)}</strong> of {number(holds.cores)} held
            </>
          }
          max={1.25 * most(holds.cores, ...view.cores)}
          rule={{ value: holds.cores, label: `${number(holds.cores)} held` }}
          lines={[{ label: 'cores', style: styleOf(0), points: points(view.cores) }]}
        />
      )}
      {holds.gpuShare > 0 && (
        <LiveChart
          {...time}
          title="GPU share"
          show={percent}
          now={
            <>
              <strong>{percent(recent.gpuShare)}</strong>, predicted {percent(holds.gpuShare)}
            </>
          }
          max={1.25 * most(holds.gpuShare, ...view.gpuShare)}
          rule={{ value: holds.gpuShare, label: `predicted ${percent(holds.gpuShare)}` }}
          lines={[{ label: 'GPU', style: styleOf(0), points: points(view.gpuShare) }]}
        />
      )}
    </div>
  );
}
