import type { ComponentChildren } from 'preact';
import type { AdaptationRun, Comparison } from '../../../solver/documents/report.ts';
import { DASH, number, percent, plural } from '../../components/format.ts';
import { FINDINGS, type Finding, foundOf, rivalOf, settingText } from './systems.ts';
import '../parts/summary.css';

interface AdaptationSummaryProps {
  readonly comparisons: readonly Comparison[];
  /** Returns the id of the element with a comparison's details. */
  readonly idOf: (comparison: Comparison) => string;
  readonly onOpen: (comparison: Comparison) => void;
}

/** Table of all comparisons, one row each, with the conditions that our system meets. */
export function AdaptationSummary({ comparisons, idOf, onOpen }: AdaptationSummaryProps) {
  return (
    <>
      <Verdict comparisons={comparisons} />
      <div class="scroll cards">
        <table class="summary-table findings">
          <thead>
            <tr>
              {['Workload', ...HEADS].map((head) => (
                <th scope="col" key={head}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {comparisons.map((comparison) => (
              <tr key={idOf(comparison)}>
                <th scope="row">
                  <a href={`#${idOf(comparison)}`} onClick={() => onOpen(comparison)}>
                    {workloadText(comparison)}
                  </a>
                  <span class="under">{comparison.pipeline}</span>
                </th>
                <Cells comparison={comparison} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const HEADS = [
  'IPA',
  'Ours beats IPA',
  'FA2-high',
  'Ours beats FA2-high',
  'Ours keeps p99',
  'Oracle',
] as const;

export const workloadText = ({ workload, scale }: Comparison): string =>
  scale === 1 ? workload : `${workload}, rates × ${number(scale)}`;

function Verdict({ comparisons }: Pick<AdaptationSummaryProps, 'comparisons'>) {
  const text = (finding: Finding) =>
    `${FINDINGS[finding]} in ${comparisons.filter((comparison) => foundOf(comparison, finding)).length}`;
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
        A setting of ours is a percentile of the SLA, a least rate to plan for, and the weights β of cost and
        η of switching. Beats IPA: with some setting, attainment and PAS are no lower than IPA's and cost is
        no higher. Beats FA2-high: PAS is no lower and cost no higher; within 1 % where FA2-high has the most
        accurate variants. Keeps p99: asked for p99, attainment is 99 %, or the oracle's where that is lower.
        Where several settings do it, the cheapest is shown.
      </p>
    </>
  );
}

function Cells({ comparison }: { readonly comparison: Comparison }) {
  const [ipa, fa2High] = [rivalOf(comparison, 'ipa'), rivalOf(comparison, 'fa2-high')];
  const [beatsIpa, beatsFa2High] = [foundOf(comparison, 'beatsIpa'), foundOf(comparison, 'beatsFa2High')];
  const keepsP99 = foundOf(comparison, 'keepsP99');
  return (
    <>
      <Cell head="IPA">{ipa ? <ByAttainment run={ipa} /> : DASH}</Cell>
      <Cell head="Ours beats IPA">
        <YesNo yes={beatsIpa !== null}>{beatsIpa && ratioText(beatsIpa, ipa)}</YesNo>
        {beatsIpa && <Setting run={beatsIpa} />}
      </Cell>
      <Cell head="FA2-high">{fa2High ? <ByPas run={fa2High} /> : DASH}</Cell>
      <Cell head="Ours beats FA2-high">
        <YesNo yes={beatsFa2High !== null}>{beatsFa2High && ratioText(beatsFa2High, fa2High)}</YesNo>
        {beatsFa2High && <Setting run={beatsFa2High} />}
      </Cell>
      <Cell head="Ours keeps p99">
        <YesNo yes={keepsP99 !== null} />
        {keepsP99 && <Setting run={keepsP99} />}
      </Cell>
      <Cell head="Oracle">
        <ByAttainment run={comparison.oracle} />
      </Cell>
    </>
  );
}

interface CellProps {
  readonly head: (typeof HEADS)[number];
  readonly children: ComponentChildren;
}

const Cell = ({ head, children }: CellProps) => <td data-head={head}>{children}</td>;

interface RunProps {
  readonly run: AdaptationRun;
}

const attained = (run: AdaptationRun): string => `attainment\u00a0${percent(run.slaAttainment)}`;

const costs = (run: AdaptationRun): string => `cost\u00a0${number(run.cost)}`;

const accurate = (run: AdaptationRun): string => `PAS\u00a0${percent(run.pas)}`;

const ByAttainment = ({ run }: RunProps) => (
  <>
    <span>{attained(run)}</span>
    <span class="under">
      {costs(run)} · {accurate(run)}
    </span>
  </>
);

const ByPas = ({ run }: RunProps) => (
  <>
    <span>{accurate(run)}</span>
    <span class="under">
      {costs(run)} · {attained(run)}
    </span>
  </>
);

const Setting = ({ run }: RunProps) => (
  <>
    <span class="under">
      {attained(run)} · {costs(run)} · {accurate(run)}
    </span>
    <span class="under">{settingText(run)}</span>
  </>
);

const ratioText = (run: AdaptationRun, rival: AdaptationRun | undefined): string =>
  rival && rival.cost > 0 ? `, cost × ${number(run.cost / rival.cost, 2)}` : '';

interface YesNoProps {
  readonly yes: boolean;
  readonly children?: ComponentChildren;
}

const YesNo = ({ yes, children }: YesNoProps) => (
  <span>
    <span class={yes ? 'good' : 'bad'}>{yes ? '✓ yes' : '✗ no'}</span>
    {children}
  </span>
);
