import type { BenchReport } from '../../../solver/documents/report.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { onSoftwareGpu } from '../../components/backends.ts';
import { DeviceFacts, Facts, Notice, SoftwareNotice } from '../../components/Device.tsx';
import { date, number, requestRate } from '../../components/format.ts';
import { TERMS } from '../../components/terms.ts';
import { Measurements } from '../parts/Measurements.tsx';
import { Title } from '../parts/Title.tsx';
import { Choices } from './Choices.tsx';
import { OverTime } from './OverTime.tsx';
import { Plans, Runs } from './Runs.tsx';
import { Summary } from './Summary.tsx';
import { type BackendSet, isTimed, isValid, setsOf } from './view.ts';

const hasChoices = (set: BackendSet): boolean => set.combinations.length + set.frontier.length > 0;

const timedRuns = (sets: readonly BackendSet[]) => sets.flatMap((set) => set.runs).filter(isTimed);

interface ReportProps {
  readonly report: RunReport | BenchReport;
  readonly json: string;
}

/** Report of a run or a bench. */
export function RunsReport({ report, json }: ReportProps) {
  const sets = setsOf(report);
  const profile = report.kind === 'bench' ? report.profile : null;
  const withChoices = sets.filter(hasChoices);
  const timed = timedRuns(sets);
  return (
    <>
      <Header report={report} sets={sets} json={json} />
      <main>
        <section id="outcome">
          <h2>Results</h2>
          {sets.map((set) => (
            <Summary key={set.title} set={set} profile={profile} linked={false} />
          ))}
        </section>
        <Runs sets={sets} />
        {timed.length > 0 && <OverTime runs={timed} />}
        <Plans sets={sets} />
        {withChoices.length > 0 && <Choices sets={withChoices} />}
        {profile && <Measurements profile={profile} />}
      </main>
      <Glossary />
    </>
  );
}

function Header({ report, sets, json }: ReportProps & { readonly sets: readonly BackendSet[] }) {
  const { pipeline, createdAt, seed, device } = report;
  const runs = sets.flatMap((set) => set.runs);
  return (
    <header class="top">
      <Title name={pipeline} json={json} valid={sets.every(isValid)} />
      {runs.some((run) => run.simulated) && (
        <Notice title="SIMULATED">
          {runs.every((run) => run.simulated) ? 'With' : 'Runs with this mark used'} the profile's service
          times: nothing ran.
        </Notice>
      )}
      {onSoftwareGpu(
        device,
        sets.flatMap(({ backends }) => backends),
      ) && <SoftwareNotice />}
      <Facts
        facts={[
          ['SLA', ofEach(sets, ({ slaMs, percentile }) => `p${percentile} ≤ ${number(slaMs)} ms`)],
          [
            'Load pattern',
            ofEach(
              sets,
              ({ load }) => `${requestRate(load.ratePerS)} for ${number(load.durationS)} s, ${load.kind}`,
            ),
          ],
          ['Made', date(createdAt)],
          ['Seed', String(seed)],
        ]}
      />
      <DeviceFacts device={device} />
      <Contents sets={sets} hasProfile={report.kind === 'bench'} />
    </header>
  );
}

/** A text of the runs on each set of backends, after the set's title if the texts differ. */
function ofEach(sets: readonly BackendSet[], text: (run: RunReport) => string): string {
  const texts = sets.map(({ runs }) => text(runs[0]!));
  if (new Set(texts).size === 1) return texts[0]!;
  return sets.map(({ title }, i) => `${title}: ${texts[i]}`).join('; ');
}

interface ContentsProps {
  readonly sets: readonly BackendSet[];
  readonly hasProfile: boolean;
}

function Contents({ sets, hasProfile }: ContentsProps) {
  return (
    <nav class="row" aria-label="Contents">
      <a href="#outcome">Results</a>
      <a href="#runs">Runs</a>
      {timedRuns(sets).length > 0 && <a href="#over-time">Over time</a>}
      <a href="#plans">Plans</a>
      {sets.some(hasChoices) && <a href="#choices">Choices</a>}
      {hasProfile && <a href="#measurements">Measurements</a>}
    </nav>
  );
}

/** Terms that the end of the report explains, for readers of a printed report. */
const EXPLAINED = ['Attainment', 'Goodput', 'Accuracy, end to end', 'PAS', 'Bound', 'Cost', 'Chosen with β'];

function Glossary() {
  return (
    <footer class="foot muted small">
      <ul class="stack tight glossary">
        {EXPLAINED.map((term) => (
          <li key={term}>
            <strong>{term}:</strong> {TERMS[term]}
          </li>
        ))}
      </ul>
      <p>
        Percentiles are nearest-rank. A dash stands for a figure that was not measured or has too few samples.
      </p>
    </footer>
  );
}
