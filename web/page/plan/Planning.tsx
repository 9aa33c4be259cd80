import { profile } from '../../state/app.ts';
import { Empty, Section } from '../frame/Section.tsx';
import { PlanPanel } from './PlanPanel.tsx';
import './plan.css';
import { PlanForm } from './PlanForm.tsx';

/** The page's section "Plan": the form for a plan request, and the plan. */
export function Planning() {
  return (
    <Section
      id="plan"
      title="Plan"
      lead="Chooses the variant, batch size and replicas of every stage: the best accuracy for its cost within the SLA."
    >
      {profile.value ? (
        <div class="planning">
          <PlanForm profile={profile.value} />
          <PlanPanel />
        </div>
      ) : (
        <Empty>
          A plan is made from a profile. <a href="#measure">Measure this device</a> or{' '}
          <a href="#share">import a profile</a> first.
        </Empty>
      )}
    </Section>
  );
}
