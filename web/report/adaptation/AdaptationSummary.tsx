import type { Comparison } from '../../../solver/documents/adaptation-report.ts';
import { against, keepsSla, required, SAME_ATTAINMENT, SAME_PAS } from '../../../solver/report/against.ts';
import type { SystemOutcome } from '../../../solver/report/dial.ts';
import { CardTable } from '../../components/CardTable.tsx';
import { DASH, inTimeText, number, percent, plural } from '../../components/format.ts';
import { COMPARED, titleOf } from './systems.ts';

interface AdaptationSummaryProps {
  readonly comparisons: readonly Comparison[];
  /** Returns the id of the element with a comparison's details. */
  readonly idOf: (comparison: Comparison) => string;
  readonly onOpen: (comparison: Comparison) => void;
}

/** A verdict on the comparisons on held-out loads, and a table with a row for each comparison. */
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
              {loadText(comparison)}
            </a>
            <span class="under">{comparison.pipeline}</span>
            {comparison.training && <span class="under">training load, not counted</span>}
          </>
        )}
      />
    </>
  );
}

export const loadText = ({ workload, scale }: Comparison): string =>
  scale === 1 ? workload : `${workload}, rates × ${number(scale)}`;

function Verdict({ comparisons }: Pick<AdaptationSummaryProps, 'comparisons'>) {
  const heldOut = comparisons.filter(({ training }) => !training);
  const wins = (system: string): number =>
    heldOut.filter((comparison) => against(comparison, system)?.verdict === 'wins').length;
  return (
    <>
      <p>
        Of {plural(heldOut.length, 'comparison')}, ipa-edge{' '}
        <strong>
          {COMPARED.map((system) => `beats ${titleOf(system)} in ${wins(system)}, `)}
          keeps the SLA in {heldOut.filter(keepsSla).length}
        </strong>
        .
      </p>
      <p class="muted">
        ipa-edge has one setting for all loads: the percentile of the SLA and the weight η of switching. Loads
        on which this setting was chosen are not counted. ipa-edge ran with several weights β of cost; its
        figures at another system's PAS or cost are interpolated between these runs. It beats another system
        if, at that system's PAS (within {percent(SAME_PAS)}), its cost is no higher, and its attainment at
        most {number(100 * SAME_ATTAINMENT)} points below that system's or, if lower, the required one. It
        keeps the SLA if, with every weight, its attainment is the required share, or the oracle's where that
        is lower. “-options”: the published system has the options of ipa-edge, which are the cores of a
        replica and all batches.
        {comparisons.some(({ matched }) => matched?.length) &&
          ' “Asked for the attainment of …”: that system attains less than required, so ipa-edge ran again and had to attain only as much; the verdict does not count these runs.'}
      </p>
    </>
  );
}

interface VersusProps {
  readonly comparison: Comparison;
  /** The system to compare ipa-edge with. */
  readonly system: string;
}

/** Whether ipa-edge beats another system, with that system's figures, and those of ipa-edge at the same PAS and cost. */
function Versus({ comparison, system }: VersusProps) {
  const found = against(comparison, system);
  if (!found) return DASH;
  const { rival, atPas, matched, atCost, verdict } = found;
  const title = titleOf(system);
  return (
    <>
      <strong>
        <span class={verdict === 'wins' ? 'good' : 'bad'}>
          {verdict === 'wins' ? '✓ yes' : `✗ no: ${verdict}`}
        </span>
        {atPas && rival.cost > 0 && `, cost × ${number(atPas.costRatio, 2)}`}
      </strong>
      <span class="under">
        {title}: {outcome(rival)}
      </span>
      {atPas && (
        <span class="under">
          at PAS of {title}: {outcome(atPas)}
        </span>
      )}
      {matched && rival.cost > 0 && (
        <span class="under">
          asked for the attainment of {title}, without standbys: cost × {number(matched.costRatio, 2)} ·{' '}
          {outcome(matched)}
        </span>
      )}
      {atCost && (
        <span class="under">
          at cost of {title}: {outcome(atCost)}
        </span>
      )}
    </>
  );
}

/** Whether ipa-edge keeps the SLA with every weight of cost, and the attainment of the run with the least margin. */
function KeepsSla({ comparison }: { readonly comparison: Comparison }) {
  const { ours } = comparison;
  const least = ours.reduce((a, b) =>
    b.slaAttainment - required(b) < a.slaAttainment - required(a) ? b : a,
  );
  const keeps = keepsSla(comparison);
  return (
    <>
      <strong class={keeps ? 'good' : 'bad'}>{keeps ? '✓ yes' : '✗ no'}</strong>
      <span class="under">
        at least {attained(least)}, required {percent(required(least))}
      </span>
    </>
  );
}

const attained = (run: SystemOutcome): string => `attainment\u00a0${inTimeText(run.slaAttainment)}`;

const costs = (run: SystemOutcome): string => `cost\u00a0${number(run.cost)}`;

const accurate = (run: SystemOutcome): string => `PAS\u00a0${percent(run.pas)}`;

const outcome = (run: SystemOutcome): string =>
  [attained, costs, accurate].map((text) => text(run)).join(' · ');

const COLUMNS = [
  ...COMPARED.map((system) => ({
    label: `ipa-edge beats ${titleOf(system)}`,
    show: (comparison: Comparison) => <Versus comparison={comparison} system={system} />,
  })),
  {
    label: 'ipa-edge keeps the SLA',
    show: (comparison: Comparison) => <KeepsSla comparison={comparison} />,
  },
  {
    label: 'Oracle',
    show: ({ oracle }: Comparison) => (
      <>
        <strong>{attained(oracle)}</strong>
        <span class="under">
          {costs(oracle)} · {accurate(oracle)}
        </span>
      </>
    ),
  },
];
