import type { RunReport } from '../../../solver/documents/run-report.ts';
import { runSentences } from '../../../solver/report/run-text.ts';
import { LatencyLegend, LatencyOverTime, runsDomain } from '../../charts/LatencyOverTime.tsx';
import { StageBudget } from '../../charts/StageBudget.tsx';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { eventTimes, inTimeText, milliseconds, number } from '../../components/format.ts';
import { PlanTable } from '../../components/PlanTable.tsx';
import { Sentences } from '../../components/Term.tsx';
import { type BackendSet, lastPlan, runTitle } from './view.ts';

/** Charts of every run's latency over time. Runs on the same backends share an axis. */
export function Runs({ sets }: { readonly sets: readonly BackendSet[] }) {
  const runs = sets.flatMap((set) => set.runs);
  return (
    <section id="runs">
      <h2>Runs</h2>
      {runs.some(hasRequests) && (
        <>
          <p class="muted">
            Each mark is a request at its scheduled arrival, from which its latency counts. The axis is
            logarithmic.
          </p>
          <LatencyLegend runs={runs} />
        </>
      )}
      {sets.map((set) => {
        const [low, high] = runsDomain(set.runs);
        return (
          <div class="tiles panels" key={set.title}>
            {set.runs.filter(hasRequests).map((run) => (
              <LatencyOverTime key={run.name} title={runTitle(run)} run={run} low={low} high={high} />
            ))}
          </div>
        );
      })}
      {runs.map((run) => (
        <Sentences key={runTitle(run)} of={runSentences(run)} title={runTitle(run)} />
      ))}
      <RunNotes runs={runs} />
      <DataTable caption="Table of runs" columns={RUN_COLUMNS} rows={runs} rowKey={runTitle} />
    </section>
  );
}

const RUN_COLUMNS: readonly Column<RunReport>[] = [
  { label: 'Run', value: runTitle },
  figures('Sent', (run) => run.load.requests, number),
  figures('Completed', (run) => run.result.completed, number),
  figures('Shed', (run) => run.result.shed, number),
  figures('Failed', (run) => run.result.failed, number),
  figures('p50', (run) => run.result.latencyMs.p50, milliseconds),
  figures('p95', (run) => run.result.latencyMs.p95, milliseconds),
  figures('p99', (run) => run.result.latencyMs.p99, milliseconds),
  figures('Max', (run) => run.result.latencyMs.max, milliseconds),
  figures('Simulated again: p95', (run) => run.resimulated?.p95 ?? null, milliseconds),
  figures('attainment', (run) => run.resimulated?.slaAttainment ?? null, inTimeText),
  figures('Sent late, p99', (run) => run.load.latenessP99Ms, milliseconds),
  { label: 'Valid', value: (run) => (run.load.valid ? 'yes' : 'no') },
];

/** Warnings about invalid runs, and the events of all runs. */
export function RunNotes({ runs }: { readonly runs: readonly RunReport[] }) {
  return (
    <ul class="notes">
      {runs.map((run) => (
        <NotesOf key={runTitle(run)} run={run} />
      ))}
    </ul>
  );
}

function NotesOf({ run }: { readonly run: RunReport }) {
  const times = eventTimes(run.events);
  return (
    <>
      {!run.load.valid && (
        <li>
          <span class="flag bad">not valid</span> {runTitle(run)}: 1 of 100 requests was sent{' '}
          {milliseconds(run.load.latenessP99Ms)} late or later. Late sending raised the p95 by more than 5 %
          of the SLA, or lowered the attainment by more than 0.01.
        </li>
      )}
      {run.events.map((event, i) => (
        <li key={i}>
          <span class="flag">{times[i]}</span> {runTitle(run)}: {event.what}.
        </li>
      ))}
    </>
  );
}

/** Whether the report lists the run's requests. Reports of long runs leave them out. */
const hasRequests = (run: RunReport): boolean => run.requests.length > 0;

/** The last plan of each run, with a chart of how its latency bound uses the SLA. */
export function Plans({ sets }: { readonly sets: readonly BackendSet[] }) {
  return (
    <section id="plans">
      <h2>Plans</h2>
      {sets.map((set) => (
        <SetPlans key={set.title} set={set} />
      ))}
    </section>
  );
}

function SetPlans({ set }: { readonly set: BackendSet }) {
  const plans = set.runs.map((run) => ({
    name: run.plans.length > 1 ? `${run.name}, last` : run.name,
    plan: lastPlan(run),
  }));
  return (
    <div class="tiles start panels plans">
      <StageBudget title={`Time for each stage, without queues, ${set.title}`} plans={plans} />
      <PlanTable caption={`Plans, ${set.title}`} plans={plans} />
    </div>
  );
}
