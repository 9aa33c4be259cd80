import type { VNode } from 'preact';
import { requiredAttainment } from '../../../solver/documents/plan.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { CardTable } from '../../components/CardTable.tsx';
import { costText } from '../../components/cost.ts';
import {
  accuracyText,
  inTimeText,
  milliseconds,
  number,
  percent,
  rate,
  requestRate,
} from '../../components/format.ts';
import { VerdictCard } from '../../components/verdict/VerdictCard.tsx';
import { runVerdict } from '../../components/verdict/verdict.ts';
import { type BackendSet, lastPlan, planRun, servedText } from './view.ts';

interface SummaryProps {
  readonly set: BackendSet;
  /** The profile from which the plans were made; null if it is not known. */
  readonly profile: Profile | null;
  /** Whether this page has the profiling page's sections, so that the verdict can link to them. */
  readonly linked: boolean;
}

/** Results for one set of backends: the verdict, a sentence, then a table of measured and predicted values. */
export function Summary({ set, profile, linked }: SummaryProps) {
  const chosen = planRun(set);
  return (
    <section>
      <h3>Backends allowed: {set.title}</h3>
      {chosen && <VerdictCard verdict={runVerdict(chosen, profile)} linked={linked} />}
      {chosen?.load.valid && (
        <Comparison run={chosen} others={set.runs.filter((run) => run !== chosen && run.load.valid)} />
      )}
      <CardTable
        label={`Results, ${set.title}`}
        class="summary-table"
        corner="Run"
        columns={COLUMNS}
        rows={set.runs}
        rowKey={(run) => run.name}
        rowHead={(run) => (
          <>
            {run.name} {run.simulated && <span class="flag">SIMULATED</span>}
            <span class="under">{servedText(run)}</span>
          </>
        )}
        marked={(run) => run === chosen && set.runs.length > 1}
      />
    </section>
  );
}

function Comparison({ run, others }: { readonly run: RunReport; readonly others: readonly RunReport[] }) {
  const accuracy = ({ result: { accuracy } }: RunReport) => accuracyText(accuracy);
  return (
    <p>
      At {requestRate(run.load.ratePerS)}, <strong>{servedText(run)}</strong> completed{' '}
      <strong>{inTimeText(run.result.slaAttainment)}</strong> of the requests within {number(run.slaMs)} ms;{' '}
      <strong>{accuracy(run)}</strong>, cost {costText(run.result.cost.mean, lastPlan(run))}.
      {others.map((other) => (
        <span key={other.name}>
          {' '}
          The {other.name} choice: {inTimeText(other.result.slaAttainment)}; {accuracy(other)}.
        </span>
      ))}
    </p>
  );
}

/** The measured figures of a run, in the form of its predicted ones. */
const measuredOf = ({ result: { accuracy, cost, ...others } }: RunReport) => ({
  ...others,
  ...accuracy,
  cost: cost.mean,
});

type Figures = ReturnType<typeof measuredOf> | RunReport['predicted'];

/** Makes a column of measured values, each with the predicted value below it, and perhaps a mark before it. */
const column = (
  label: string,
  text: (figures: Figures) => string,
  mark?: (run: RunReport) => VNode | null,
) => ({
  label,
  numeric: true,
  show: (run: RunReport) => (
    <>
      <strong>
        {mark?.(run)}
        {text(measuredOf(run))}
      </strong>
      <span class="under">
        {run.plans.length > 1 ? 'first plan' : 'predicted'} {text(run.predicted)}
      </span>
    </>
  ),
});

const COLUMNS = [
  column('p50', ({ latencyMs }) => milliseconds(latencyMs?.p50 ?? null)),
  column('p95', ({ latencyMs }) => milliseconds(latencyMs?.p95 ?? null)),
  column('Attainment', ({ slaAttainment }) => inTimeText(slaAttainment), slaMark),
  column('Goodput', ({ goodputPerS }) => rate(goodputPerS)),
  column('Accuracy', ({ endToEnd }) => percent(endToEnd)),
  column('PAS', ({ pas }) => percent(pas)),
  column('Cost', ({ cost }) => number(cost)),
];

function slaMark({ result: { slaAttainment }, percentile, load }: RunReport) {
  if (slaAttainment === null || !load.valid) return null;
  const meets = slaAttainment >= requiredAttainment(percentile);
  const words = meets ? 'meets the SLA' : 'misses the SLA';
  return (
    <span class={meets ? 'mark good' : 'mark bad'} role="img" aria-label={words} title={words}>
      {meets ? '✓' : '✗'}
    </span>
  );
}
