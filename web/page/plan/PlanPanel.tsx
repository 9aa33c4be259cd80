import { keepsSla, type Plan, requiredAttainment } from '../../../solver/documents/plan.ts';
import { ACCURACY_UNKNOWN } from '../../../solver/report/accuracy-unknown.ts';
import { planVariants, variantSentences } from '../../../solver/report/cascade-text.ts';
import { sharingSentences } from '../../../solver/report/sharing-text.ts';
import { StageBudget } from '../../charts/StageBudget.tsx';
import { costText } from '../../components/cost.ts';
import { Facts } from '../../components/Device.tsx';
import { accuracyText, inTimeText, milliseconds, number, percent } from '../../components/format.ts';
import { PlanTable } from '../../components/PlanTable.tsx';
import { Sentences } from '../../components/Term.tsx';
import { variantsText } from '../../components/variants.ts';
import { savePlan } from '../../state/files/exports.ts';
import { confirmed, isFresh, pinned, plan as planNow, solved } from '../../state/plan/planning.ts';
import { useKeptFocus } from '../controls/kept-focus.ts';
import { Comparison } from './Comparison.tsx';
import { FrontierPanel } from './FrontierPanel.tsx';
import { NoPlan } from './NoPlan.tsx';
import { PlanDetails } from './PlanDetails.tsx';
import { PlanModels } from './PlanModels.tsx';
import { confirmedOf, type ShownPlan, shownPlan } from './shown-plan.ts';
import { useLate } from './use-late.ts';

/** The plan for the current request: first the choice of the integer program, then the result of the simulation. */
export function PlanPanel() {
  const found = solved.value;
  const host = useKeptFocus();
  const fresh = isFresh(found);
  const late = useLate(found !== null && !fresh);
  if (!found) return <p class="muted">Solving …</p>;
  const confirmation = confirmedOf(found, confirmed.value);
  const isFinal = found.answer instanceof Error || confirmation !== null;
  return (
    <div
      ref={host}
      tabIndex={-1}
      class={`answer ${fresh ? '' : 'stale'} ${late ? 'late' : ''}`}
      aria-busy={!fresh || !isFinal}
    >
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
function spokenPlan(plan: Plan): string {
  const { stages, predicted, slaMs } = plan;
  return (
    `Plan: ${Object.values(planVariants(stages)).join(', then ')}; ` +
    `${inTimeText(predicted.slaAttainment)} within ${number(slaMs)} ms, ${accuracyText(predicted)}, cost ${costText(predicted.cost, plan)}.`
  );
}

function Planned({ shown }: { readonly shown: ShownPlan }) {
  const { head, predicted } = shown;
  const plans = [
    ...(pinned.value ? [{ name: 'pinned', plan: pinned.value }] : []),
    { name: pinned.value ? 'this' : 'plan', plan: head },
  ];
  return (
    <>
      <Verdict shown={shown} />
      <PlanModels stages={head.stages} />
      <Facts
        facts={[
          ['p50 latency', predicted ? milliseconds(predicted.latencyMs?.p50 ?? null) : '…'],
          ['p95 latency', predicted ? milliseconds(predicted.latencyMs?.p95 ?? null) : '…'],
          ['p99 latency', predicted ? milliseconds(predicted.latencyMs?.p99 ?? null) : '…'],
          ...accuracyFacts(shown),
          ['Cost', costText(shown.cost, head)],
        ]}
      />
      {pinned.value && planNow.value && <Comparison pinned={pinned.value} plan={planNow.value} />}
      <div class="stack start answer-grid">
        <div class="stack">
          <StageBudget title="Time for each stage, without queues" plans={plans} />
          <PlanTable caption={plans.length > 1 ? 'The plans' : 'The plan'} plans={plans} />
          <div>
            <Sentences of={[...variantSentences(head.stages), ...sharingSentences(head)]} />
          </div>
          <PlanDetails shown={shown} />
        </div>
        <FrontierPanel shown={shown} />
      </div>
    </>
  );
}

/** The accuracy of the whole pipeline, where it was measured, and the product of the stages' accuracies, which the charts show. */
const accuracyFacts = ({ predicted, pas }: ShownPlan): (readonly [string, string])[] => [
  ...(predicted?.endToEnd === null
    ? []
    : [['Accuracy, end to end', predicted ? percent(predicted.endToEnd) : '…'] as const]),
  ['PAS', pas === null ? ACCURACY_UNKNOWN : percent(pas)],
];

/** The plan in a sentence, with buttons to pin and export it. */
function Verdict({ shown: { head, predicted, problem, chosen } }: { readonly shown: ShownPlan }) {
  const now = planNow.value;
  return (
    <div class="row apart start verdict">
      <p class="lead">
        Run <strong>{variantsText(head)}</strong>,{' '}
        {!chosen
          ? 'the best choice for these settings'
          : predicted && keepsSla({ percentile: head.percentile, predicted })
            ? 'which keeps enough room'
            : 'which comes closest'}
        {predicted ? (
          <Confirmed attainment={predicted.slaAttainment} slaMs={head.slaMs} percentile={head.percentile} />
        ) : problem ? (
          <>. It could not be checked by simulation: {problem.message}</>
        ) : (
          <>
            {' '}
            within {number(head.slaMs)}
            {'\u00a0'}ms. <span class="muted">Checking it by simulation …</span>
          </>
        )}
        {chosen && (
          <span class="muted">
            {' '}
            The planner first chose {variantsText(chosen)}. In the simulation too few requests were in time
            with it, so this plan keeps more room.
          </span>
        )}
      </p>
      <div class="row buttons">
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
          Save plan
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
  const meets = attainment >= requiredAttainment(percentile);
  return (
    <>
      : <strong class={meets ? 'good' : 'bad'}>{inTimeText(attainment)}</strong> of the simulated requests are
      answered within {number(slaMs)}
      {'\u00a0'}ms
      {meets
        ? ` (you ask for ${percentile}\u00a0%).`
        : `, less than the ${percentile}\u00a0% that you ask for. No plan that was tried does better.`}
    </>
  );
}
