import { useMemo } from 'preact/hooks';
import type { RunReport } from '../../../solver/documents/report.ts';
import { LatencyLegend, LatencyOverTime, runsDomain } from '../../charts/LatencyOverTime.tsx';
import { milliseconds, number, plural } from '../../components/format.ts';
import { RunOverTime } from '../../report/OverTime.tsx';
import { RunNotes } from '../../report/Runs.tsx';
import { Summary } from '../../report/Summary.tsx';
import { isTimed, viewOf } from '../../report/view.ts';
import { saveFile } from '../../state/save-file.ts';

/** What a run came to, beside what was predicted: as its report tells it. */
export function Outcome({ report }: { readonly report: RunReport }) {
  const { sets, stages } = useMemo(() => viewOf(report), [report]);
  const [low, high] = useMemo(() => runsDomain([report]), [report]);
  const { load, result, pipeline } = report;
  const { completed, shed, failed } = result;
  return (
    <section class="outcome" aria-label="What came out">
      <div class="title-row">
        <h3>
          Measured beside predicted{' '}
          <span class="muted">
            {plural(load.requests, 'request')} in {number(load.durationS)} s
          </span>
        </h3>
        <button type="button" onClick={() => saveFile(`${pipeline}-report.json`, JSON.stringify(report))}>
          Export report
        </button>
      </div>
      <p role="status">
        {number(load.requests)} sent = {number(completed)} completed + {number(shed)} shed + {number(failed)}{' '}
        failed. The load came {milliseconds(load.latenessP99Ms)} late (p99):{' '}
        {load.valid ? (
          <span class="good">valid</span>
        ) : (
          <span class="bad">
            not valid, for that is over 5 % of the SLA. Lower the rate, or plan with fewer cores
          </span>
        )}
        .
      </p>
      {sets.map((set) => (
        <Summary key={set.title} set={set} stages={stages} />
      ))}
      <RunNotes runs={[report]} />
      {report.requests.length > 0 && (
        <>
          <LatencyLegend />
          <div class="panels">
            <LatencyOverTime title="Latency of each request" run={report} low={low} high={high} />
          </div>
        </>
      )}
      {isTimed(report) && <RunOverTime run={report} />}
    </section>
  );
}
