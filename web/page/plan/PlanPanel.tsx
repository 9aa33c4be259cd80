import { useMemo, useRef } from 'preact/hooks';
import { cascadeSentences } from '../../../solver/report/cascade-text.ts';
import { StageBudget } from '../../charts/StageBudget.tsx';
import { Facts } from '../../components/Device.tsx';
import { chain, milliseconds, number, percent } from '../../components/format.ts';
import { PlanTable } from '../../components/PlanTable.tsx';
import { stagesOf, variantsOf } from '../../components/variants.ts';
import { planFile, savePlan } from '../../state/files/exports.ts';
import { confirmed, isFresh, pinned, plan as planNow, solved } from '../../state/plan/planning.ts';
import { useKeptFocus } from '../controls/kept-focus.ts';
import { Comparison } from './Comparison.tsx';
import { FrontierPanel } from './FrontierPanel.tsx';
import { NoPlan } from './NoPlan.tsx';
import { confirmedOf, type ShownPlan, shownPlan } from './shown-plan.ts';

/** The plan for the current request: first the choice of the integer program, then the result of the simulation. */
export function PlanPanel() {
  const found = solved.value;
  const host = useRef<HTMLDivElement>(null);
  useKeptFocus(host);
  if (!found) return <p class="muted">Solving …</p>;
  const fresh = isFresh(found);
  const confirmation = confirmedOf(found, confirmed.value);
  const isFinal = found.answer instanceof Error || confirmation !== null;
  return (
    <div ref={host} class={fresh ? 'answer' : 'answer stale'} aria-busy={!fresh || !isFinal}>
      {found.answer instanceof Error ? (
        <NoPlan why={found.answer} />
      ) : (
        <Planned shown={shownPlan(found.answer, confirmation)} />
      )}
      <p class="unseen" role="status">
        {planNow.value && spokenPlan(planNow.value)}
      </p>
    </div>
  );
}

/** The plan in a sentence for screen readers. */
const spokenPlan = ({ stages, predicted, slaMs }: NonNullable<typeof planNow.value>): string =>
  `Plan: ${stages.map((stage) => stage.variant).join(', ')}; ` +
  `${percent(predicted.slaAttainment)} within ${number(slaMs)} ms, PAS ${percent(predicted.pas)}, cost ${number(predicted.cost)}.`;

function Planned({ shown }: { readonly shown: ShownPlan }) {
  const { head, predicted } = shown;
  const plans = useMemo(
    () => [
      ...(pinned.value ? [{ name: 'pinned', plan: pinned.value }] : []),
      { name: pinned.value ? 'this' : 'plan', plan: head },
    ],
    [head, pinned.value],
  );
  return (
    <>
      <Verdict shown={shown} />
      <Facts
        facts={[
          ['p50', predicted ? milliseconds(predicted.latencyMs?.p50 ?? null) : '…'],
          ['p95', predicted ? milliseconds(predicted.latencyMs?.p95 ?? null) : '…'],
          ['p99', predicted ? milliseconds(predicted.latencyMs?.p99 ?? null) : '…'],
          ['Goodput', predicted ? `${number(predicted.goodputPerS)} /s` : '…'],
          ['Accuracy, end to end', predicted ? percent(predicted.endToEnd) : '…'],
          ['PAS', percent(shown.pas)],
          ['Cost', number(shown.cost)],
          ['Bound', milliseconds(shown.boundMs)],
        ]}
      />
      {pinned.value && planNow.value && <Comparison pinned={pinned.value} plan={planNow.value} />}
      <div class="answer-grid">
        <div>
          <StageBudget title="Latency bound by stage" plans={plans} />
          <PlanTable caption={plans.length > 1 ? 'The plans' : 'The plan'} plans={plans} />
          {cascadeSentences(head.stages).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <p class="muted certificate">{head.certificate}</p>
          <p class="muted certificate">
            To serve the exported plan on any machine:{' '}
            <code>ipa-agent serve --plan {planFile(head)} --replan</code>
          </p>
        </div>
        <FrontierPanel shown={shown} />
      </div>
    </>
  );
}

/** The plan in a sentence, with buttons to pin and export it. */
function Verdict({ shown: { head, predicted, problem, chosen } }: { readonly shown: ShownPlan }) {
  const now = planNow.value;
  return (
    <div class="row title-row verdict">
      <p class="lead">
        <strong>{chain(variantsOf(head), stagesOf(head))}</strong>{' '}
        {predicted ? (
          <Confirmed attainment={predicted.slaAttainment} slaMs={head.slaMs} percentile={head.percentile} />
        ) : problem ? (
          <>is the best choice. It could not be checked by simulation: {problem.message}</>
        ) : (
          <>
            is the best choice within {number(head.slaMs)} ms.{' '}
            <span class="muted">Checking it by simulation …</span>
          </>
        )}
        {chosen && (
          <span class="muted">
            {' '}
            The planner first chose {chain(variantsOf(chosen), stagesOf(chosen))}. In the simulation too few
            requests met the SLA with it, so this plan keeps more room.
          </span>
        )}
      </p>
      <div class="buttons">
        <button
          type="button"
          disabled={!pinned.value && !now}
          onClick={() => {
            pinned.value = pinned.value ? null : now;
          }}
        >
          {pinned.value ? 'Unpin' : 'Pin to compare'}
        </button>
        <button type="button" disabled={!now} onClick={savePlan}>
          Export plan
        </button>
      </div>
    </div>
  );
}

interface ConfirmedProps {
  readonly attainment: number;
  readonly slaMs: number;
  readonly percentile: number;
}

function Confirmed({ attainment, slaMs, percentile }: ConfirmedProps) {
  const meets = attainment >= percentile / 100;
  return (
    <>
      is predicted to complete <strong class={meets ? 'good' : 'bad'}>{percent(attainment)}</strong> of the
      requests within {number(slaMs)} ms{' '}
      {meets
        ? `(asked for: ${percentile}\u00a0%).`
        : `, less than the ${percentile}\u00a0% asked for. No plan that was tried does better.`}
    </>
  );
}
