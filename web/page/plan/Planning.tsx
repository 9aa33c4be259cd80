import { profile } from '../../state/app.ts';
import { openExample } from '../../state/example.ts';
import { PlanPanel } from '../charted/charted.tsx';
import { Empty, Section } from '../frame/Section.tsx';
import './plan.css';
import { PlanForm } from './PlanForm.tsx';

/** The page's section "Plan": the form for a plan request, and the plan. */
export function Planning() {
  return (
    <Section
      id="plan"
      title="Plan"
      lead="Which model each stage should run, how many items at a time and in how many copies, so that requests are answered in time, as accurately as the cost is worth."
    >
      {profile.value ? (
        <div class="planning">
          <PlanForm profile={profile.value} />
          <PlanPanel />
        </div>
      ) : (
        <Empty>
          A plan is made from measurements. <a href="#measure">Measure this device</a>,{' '}
          <a href="#share">import a profile</a>, or{' '}
          <button type="button" class="link" onClick={() => void openExample()}>
            look at an example
          </button>
          .
        </Empty>
      )}
    </Section>
  );
}
