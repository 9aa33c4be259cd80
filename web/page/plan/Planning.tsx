import type { Plan } from '../../../solver/documents/plan.ts';
import { costText } from '../../components/cost.ts';
import { accuracyText, date, inTimeText, number, requestRate } from '../../components/format.ts';
import { PlanTable } from '../../components/PlanTable.tsx';
import { profile } from '../../state/app.ts';
import { profileState, running } from '../../state/measure/profiling.ts';
import { pinned } from '../../state/plan/planning.ts';
import { otherTab } from '../../state/tabs.ts';
import { PlanPanel } from '../charted/charted.tsx';
import { CloseButton } from '../controls/CloseButton.tsx';
import { Empty, NoProfile, Section } from '../frame/Section.tsx';
import { Provisional } from '../measure/Provisional.tsx';
import './plan.css';
import { PlanForm } from './PlanForm.tsx';

/** The page's section "Plan": the form for a plan request, and the plan. */
export function Planning() {
  const measuring = running.value ? profileState.value : otherTab.value?.profile;
  return (
    <Section
      id="plan"
      title="Plan"
      lead="The best model for each stage, how many items it should take at a time, and how many copies of it run. Say below what matters to you."
    >
      {profile.value ? (
        <div class="stack start planning">
          <PlanForm profile={profile.value} />
          <PlanPanel />
        </div>
      ) : pinned.value ? (
        <PinnedAlone plan={pinned.value} />
      ) : measuring ? (
        <Empty>
          <Provisional found={measuring.provisional} />
        </Empty>
      ) : (
        <NoProfile why="A plan is made from measurements." />
      )}
    </Section>
  );
}

/** The pinned plan, shown alone while no profile is open. */
function PinnedAlone({ plan }: { readonly plan: Plan }) {
  const { pipeline, createdAt, predicted, slaMs, ratePerS, profile } = plan;
  return (
    <div class="card">
      <p>
        <strong>A plan of {pipeline}</strong>, made {date(createdAt)} on {profile.device.platform},{' '}
        {profile.device.agent}: {inTimeText(predicted.slaAttainment)} within {number(slaMs)} ms at{' '}
        {requestRate(ratePerS)}, {accuracyText(predicted)}, cost {costText(predicted.cost, plan)}.
      </p>
      <p class="muted">
        Its profile ({profile.sha256.slice(0, 8)}) is not open. To change the plan or to run it here,{' '}
        <a href="#share">open the profile</a>, or drop it or its report on this page.
      </p>
      <PlanTable caption="The plan" plans={[{ name: 'plan', plan }]} />
      <div class="row buttons">
        <CloseButton label="Close the plan" of={pinned} />
      </div>
    </div>
  );
}
