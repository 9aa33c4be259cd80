import { useMemo } from 'preact/hooks';
import { countsPerSecond } from '../../../solver/simulate/arrivals.ts';
import type { Load } from '../../../workers/executor/load.ts';
import { LiveChart } from '../../charts/LiveChart.tsx';
import type { LivePoint } from '../../charts/live-points.ts';
import { styleOf } from '../../charts/series.ts';
import { number, requestRate } from '../../components/format.ts';

/** Chart of the load's arrivals over time, with the plan's arrival rate. */
export function LoadPreview({ load, plannedPerS }: { readonly load: Load; readonly plannedPerS: number }) {
  const counts = useMemo(() => countsPerSecond(load.arrivalsMs), [load]);
  const busiest = counts.reduce((most, count) => Math.max(most, count), 0);
  return (
    <LiveChart
      title="What will arrive"
      show={(value) => `${number(value)} /s`}
      now={`${requestRate(load.ratePerS)} on average, ${number(busiest)} in the busiest second`}
      fromS={0}
      toS={load.durationS}
      max={1.4 * Math.max(busiest, plannedPerS)}
      rule={{ value: plannedPerS, label: `planned for ${number(plannedPerS)} /s` }}
      lines={[
        { label: 'arrivals', style: styleOf(0), points: counts.map((count, s): LivePoint => [s, count]) },
      ]}
      switchesS={[]}
    />
  );
}
