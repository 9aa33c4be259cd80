import type { AdaptationRun, Comparison } from '../../../solver/documents/adaptation-report.ts';
import { CardTable } from '../../components/CardTable.tsx';
import { DASH, number, percent, plural } from '../../components/format.ts';
import { CRITERIA, type Criterion, rivalOf, runMeeting, settingText } from './systems.ts';

interface AdaptationSummaryProps {
  readonly comparisons: readonly Comparison[];
  /** Returns the id of the element with a comparison's details. */
  readonly idOf: (comparison: Comparison) => string;
  readonly onOpen: (comparison: Comparison) => void;
}

/** A verdict on all comparisons, and a table with one row for each comparison that shows which conditions our system meets. */
export function AdaptationSummary({ comparisons, idOf, onOpen }: AdaptationSummaryProps) {
  return (
    <>
      <Verdict comparisons={comparisons} />
      <CardTable
        label="Findings"
        class="summary-table findings"
        corner="Workload"
        columns={COLUMNS}
        rows={comparisons}
        rowKey={idOf}
        rowHead={(comparison) => (
          <>
            <a href={`#${idOf(comparison)}`} onClick={() => onOpen(comparison)}>
              {workloadText(comparison)}
            </a>
            <span class="under">{comparison.pipeline}</span>
          </>
        )}
      />
    </>
  );
}

export const workloadText = ({ workload, scale }: Comparison): string =>
  scale === 1 ? workload : `${workload}, rates × ${number(scale)}`;

function Verdict({ comparisons }: Pick<AdaptationSummaryProps, 'comparisons'>) {
  const text = (criterion: Criterion) =>
    `${CRITERIA[criterion]} in ${comparisons.filter((comparison) => runMeeting(comparison, criterion)).length}`;
  return (
    <>
      <p>
        Of {plural(comparisons.length, 'comparison')}, ours{' '}
        <strong>
          {text('beatsIpa')}, {text('beatsFa2High')}, {text('keepsP99')}
        </strong>
        .
      </p>
      <p class="muted">
        Ours has one setting for all workloads, which was chosen on other ones: the percentile of the SLA and
        the weight η of switching. It ran with several weights β of cost. Beats IPA: with one of them,
        attainment and PAS are no lower than IPA's and cost is no higher. Beats FA2-high: PAS is no lower and
        cost no higher; within 1 % where FA2-high has the most accurate variants. Keeps p99: asked for p99 or
        more, attainment is that share, or the oracle's where that is lower. Where several weights do it, the
        cheapest run is shown. “…-options” are the published systems with the options of ours: cores of a
        replica and all batches.
      </p>
    </>
  );
}

interface FoundProps {
  readonly comparison: Comparison;
  readonly criterion: Criterion;
  /** The system to compare our cost with. */
  readonly rival?: string;
}

/** Whether our system meets a condition, with the run that does. */
function Found({ comparison, criterion, rival }: FoundProps) {
  const run = runMeeting(comparison, criterion);
  const than = rival && rivalOf(comparison, rival);
  return (
    <>
      <strong>
        <span class={run ? 'good' : 'bad'}>{run ? '✓ yes' : '✗ no'}</span>
        {run && than && than.cost > 0 && `, cost × ${number(run.cost / than.cost, 2)}`}
      </strong>
      {run && (
        <>
          <span class="under">
            {attained(run)} · {costs(run)} · {accurate(run)}
          </span>
          <span class="under">{settingText(run)}</span>
        </>
      )}
    </>
  );
}

interface RunFiguresProps {
  /** Absent if the system was not compared. */
  readonly run: AdaptationRun | undefined;
  readonly first: 'attainment' | 'PAS';
}

/** Results of a run, with the figure `first` on a line of its own. */
function RunFigures({ run, first }: RunFiguresProps) {
  if (!run) return DASH;
  const [lead, last] = first === 'PAS' ? [accurate, attained] : [attained, accurate];
  return (
    <>
      <strong>{lead(run)}</strong>
      <span class="under">
        {costs(run)} · {last(run)}
      </span>
    </>
  );
}

const attained = (run: AdaptationRun): string => `attainment\u00a0${percent(run.slaAttainment)}`;

const costs = (run: AdaptationRun): string => `cost\u00a0${number(run.cost)}`;

const accurate = (run: AdaptationRun): string => `PAS\u00a0${percent(run.pas)}`;

const COLUMNS = [
  {
    label: 'IPA',
    show: (comparison: Comparison) => <RunFigures run={rivalOf(comparison, 'ipa')} first="attainment" />,
  },
  {
    label: 'Ours beats IPA',
    show: (comparison: Comparison) => <Found comparison={comparison} criterion="beatsIpa" rival="ipa" />,
  },
  {
    label: 'FA2-high',
    show: (comparison: Comparison) => <RunFigures run={rivalOf(comparison, 'fa2-high')} first="PAS" />,
  },
  {
    label: 'Ours beats FA2-high',
    show: (comparison: Comparison) => (
      <Found comparison={comparison} criterion="beatsFa2High" rival="fa2-high" />
    ),
  },
  {
    label: 'Ours keeps p99',
    show: (comparison: Comparison) => <Found comparison={comparison} criterion="keepsP99" />,
  },
  { label: 'Oracle', show: ({ oracle }: Comparison) => <RunFigures run={oracle} first="attainment" /> },
];
