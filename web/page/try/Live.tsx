import { LATE_SHARE } from '../../../solver/report/lateness.ts';
import { Facts } from '../../components/Device.tsx';
import { duration, eventTimes, inTimeText, milliseconds, number } from '../../components/format.ts';
import type { LiveView } from '../../state/try/live-run.ts';
import { stop, type Trying, view, wasHidden } from '../../state/try/trying.ts';
import { LatestRequests } from './LatestRequests.tsx';
import { LiveCharts } from './LiveCharts.tsx';

/** A running plan: statistics, charts, events and latest answers. */
export function Live({ run }: { readonly run: Trying }) {
  const { controller, live, durationS, plan, pipeline } = run;
  const now = view.value;
  const stopping = controller.signal.aborted;
  return (
    <section class="stack" aria-label="The run">
      <div class="row card">
        <label class="live-progress">
          <span>
            {now ? `${number(now.nowMs / 1000, 0)} of ${number(durationS)} s` : 'Starting the workers …'}
            {now && now.timeLeftMs !== null && (
              <span class="muted"> · about {duration(now.timeLeftMs)} left</span>
            )}
          </span>
          <progress max={durationS} value={now ? Math.min(durationS, now.nowMs / 1000) : undefined} />
        </label>
        <button type="button" disabled={stopping} onClick={() => stop(run)}>
          {stopping ? 'Stopping …' : 'Stop'}
        </button>
        {now && <Tally view={now} slaMs={plan.slaMs} />}
      </div>
      {wasHidden.value && (
        <p class="warn">
          This page was hidden during the run. Browsers slow hidden pages, so latencies may be longer.
        </p>
      )}
      {now && (
        <>
          <LiveCharts view={now} durationS={durationS} />
          <Events view={now} />
        </>
      )}
      <LatestRequests live={live} pipeline={pipeline} />
    </section>
  );
}

function Tally({ view, slaMs }: { readonly view: LiveView; readonly slaMs: number }) {
  const { sent, completed, shed, failed, recent } = view;
  return (
    <Facts
      class="tally"
      facts={[
        ['Sent', number(sent)],
        ['Completed', number(completed)],
        ['Shed', number(shed)],
        ['Failed', number(failed)],
        ['In flight', number(sent - completed - shed - failed)],
        [`Within ${number(slaMs)} ms, last 10 s`, inTimeText(recent.attainment)],
        [
          'Requests sent late by (p99, last 10 s)',
          <span key="late" class={recent.valid ? undefined : 'bad'}>
            {milliseconds(recent.latenessP99Ms)}{' '}
            {recent.valid
              ? '✓'
              : `✗ more than ${number(LATE_SHARE * slaMs)} ms (${number(100 * LATE_SHARE)} % of the SLA)`}
          </span>,
        ],
      ]}
    />
  );
}

/** The latest events: plans that were switched, workers that were lost and replaced. */
function Events({ view }: { readonly view: LiveView }) {
  const events = view.events.slice(-6);
  const times = eventTimes(events);
  return (
    <div role="log" aria-label="What happened">
      <ol class="notes events">
        {events.map(({ what }, i) => (
          <li key={i}>
            <span class="flag">{times[i]}</span> {what}
          </li>
        ))}
      </ol>
    </div>
  );
}
