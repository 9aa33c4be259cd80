import { useMemo } from 'preact/hooks';
import type { Profile } from '../../../solver/documents/profile.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { runSentences } from '../../../solver/report/run-text.ts';
import { LatencyLegend, LatencyOverTime, runsDomain } from '../../charts/LatencyOverTime.tsx';
import { milliseconds, number, plural } from '../../components/format.ts';
import { saveFile } from '../../components/save-file.ts';
import { Sentences } from '../../components/Term.tsx';
import { RunOverTime } from '../../report/runs/OverTime.tsx';
import { RunNotes } from '../../report/runs/Runs.tsx';
import { Summary } from '../../report/runs/Summary.tsx';
import { isTimed, setsOf } from '../../report/runs/view.ts';
import { opened } from '../../state/app.ts';

/** The measured results of a run beside the predicted ones, as in its report. */
export function Outcome({ report }: { readonly report: RunReport }) {
  const sets = useMemo(() => setsOf(report), [report]);
  const [low, high] = useMemo(() => runsDomain([report]), [report]);
  const { load, result, pipeline } = report;
  const { completed, shed, failed } = result;
  return (
    <section class="outcome" aria-label="Result of the run">
      <div class="row apart">
        <h3>
          Measured beside predicted{' '}
          <span class="muted">
            {plural(load.requests, 'request')} in {number(load.durationS)} s
          </span>
        </h3>
        <button type="button" onClick={() => saveFile(`${pipeline}-report.json`, JSON.stringify(report))}>
          Save report
        </button>
      </div>
      <p>
        {number(load.requests)} sent = {number(completed)} completed + {number(shed)} shed + {number(failed)}{' '}
        failed. Of 100 requests 99 were sent at most {milliseconds(load.latenessP99Ms)} late:{' '}
        {load.valid ? <span class="good">valid</span> : <span class="bad">not valid</span>}.
      </p>
      {sets.map((set) => (
        <Summary key={set.title} set={set} profile={profileOf(report)} linked />
      ))}
      <Sentences of={runSentences(report)} />
      <RunNotes runs={[report]} />
      {report.requests.length > 0 && (
        <>
          <LatencyLegend runs={[report]} />
          <div class="tiles panels">
            <LatencyOverTime title="Latency of each request" run={report} low={low} high={high} />
          </div>
        </>
      )}
      {isTimed(report) && <RunOverTime run={report} />}
    </section>
  );
}

/** The opened profile if the run's plan was made from it; else null. */
const profileOf = ({ plans }: RunReport): Profile | null =>
  plans[0]?.plan.profile.sha256 === opened.value?.sha256 ? (opened.value?.profile ?? null) : null;
