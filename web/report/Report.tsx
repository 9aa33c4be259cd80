import { DeviceFacts, Facts, Notice, SoftwareNotice } from '../components/Device.tsx';
import { date, number } from '../components/format.ts';
import { Choices } from './Choices.tsx';
import { Measurements } from './Measurements.tsx';
import { OverTime } from './OverTime.tsx';
import { Plans, Runs } from './Runs.tsx';
import { Summary } from './Summary.tsx';
import { Title } from './Title.tsx';
import { type BackendSet, isTimed, type ReportView } from './view.ts';

const hasChoices = (set: BackendSet): boolean => set.combinations.length + set.frontier.length > 0;

const timedRuns = (sets: readonly BackendSet[]) => sets.flatMap((set) => set.runs).filter(isTimed);

interface ReportProps {
  readonly view: ReportView;
  readonly json: string;
}

export function Report({ view, json }: ReportProps) {
  const { sets, stages, profile } = view;
  const withChoices = sets.filter(hasChoices);
  const timed = timedRuns(sets);
  return (
    <>
      <Header view={view} json={json} />
      <main>
        <section id="outcome">
          <h2>What came out</h2>
          {sets.map((set) => (
            <Summary key={set.title} set={set} stages={stages} />
          ))}
        </section>
        <Runs sets={sets} />
        {timed.length > 0 && <OverTime runs={timed} />}
        <Plans sets={sets} />
        {withChoices.length > 0 && <Choices sets={withChoices} stages={stages} />}
        {profile && <Measurements profile={profile} />}
      </main>
      <Words />
    </>
  );
}

function Header({ view, json }: ReportProps) {
  const { pipeline, createdAt, seed, device, sets } = view;
  const runs = sets.flatMap((set) => set.runs);
  const { slaMs, percentile, load } = runs[0]!;
  return (
    <header class="top">
      <Title name={pipeline} json={json} />
      {runs.some((run) => run.simulated) && (
        <Notice title="SIMULATED">
          {runs.every((run) => run.simulated) ? 'On' : 'Runs marked so, on'} the profile's service times:
          nothing ran.
        </Notice>
      )}
      {device.adapter?.software && <SoftwareNotice />}
      <Facts
        facts={[
          ['SLA', `p${percentile} ≤ ${number(slaMs)} ms`],
          ['Load', `${number(load.ratePerS)} requests/s for ${number(load.durationS)} s, ${load.kind}`],
          ['Made', date(createdAt)],
          ['Seed', String(seed)],
        ]}
      />
      <DeviceFacts device={device} />
      <Contents view={view} />
    </header>
  );
}

function Contents({ view: { sets, profile } }: { readonly view: ReportView }) {
  return (
    <nav class="contents" aria-label="Contents">
      <a href="#outcome">What came out</a>
      <a href="#runs">Runs</a>
      {timedRuns(sets).length > 0 && <a href="#over-time">Over time</a>}
      <a href="#plans">Plans</a>
      {sets.some(hasChoices) && <a href="#choices">Combinations</a>}
      {profile && <a href="#measurements">Measurements</a>}
    </nav>
  );
}

function Words() {
  return (
    <footer class="foot">
      <p>
        Attainment: requests completed within the SLA ÷ requests sent; shed and failed ones are misses.
        Goodput: those per second. Accuracy: end to end, against the labels. PAS: product of the stages'
        accuracies. Bound: sum of the stages' times at the SLA's percentile. Cost: price per core × cores held
        + price per GPU × share of its time. Chosen with β: with that weight of cost, 1 of accuracy and the
        bound as SLA, the planner chooses the point. Percentiles are nearest-rank; a dash is a figure that was
        not measured or has too few samples.
      </p>
    </footer>
  );
}
