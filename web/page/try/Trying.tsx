import type { Plan } from '../../../solver/documents/plan.ts';
import { Notice } from '../../components/Device.tsx';
import { number, plural, requestRate } from '../../components/format.ts';
import { variantsText } from '../../components/variants.ts';
import { noPlanVerdict } from '../../components/verdict/verdict.ts';
import { opened } from '../../state/app.ts';
import { showsExample, showsExampleRun } from '../../state/example.ts';
import { noPlan, pinned, plan } from '../../state/plan/planning.ts';
import { otherPlanRan } from '../../state/try/last-run.ts';
import { failure, tried, trying } from '../../state/try/trying.ts';
import { Outcome } from '../charted/charted.tsx';
import { useKeptFocus } from '../controls/kept-focus.ts';
import { Empty, Section } from '../frame/Section.tsx';
import { Live } from './Live.tsx';
import { OwnInput } from './own/OwnInput.tsx';
import './try.css';
import { TryForm } from './TryForm.tsx';

/** The page's section "Try it": runs the plan in this browser on items of the pack, and answers inputs of the user's own. */
export function Trying() {
  const run = trying.value;
  const host = useKeptFocus();
  return (
    <Section
      id="try"
      title="Try it"
      lead="Runs the plan in this browser with as many requests as you choose, compares the results with the prediction, and answers inputs of your own."
      busy={run !== null}
    >
      {showsExample.value && (
        <Notice title="EXAMPLE">
          {showsExampleRun.value && !run ? 'This plan and this run are' : 'This plan is'} of another device. A
          run here measures yours.
        </Notice>
      )}
      <div ref={host} tabIndex={-1}>
        {run ? <Live run={run} /> : plan.value ? <TryForm plan={plan.value} /> : <WithoutPlan />}
      </div>
      {failure.value && (
        <p class="problem" role="alert">
          {failure.value}
        </p>
      )}
      {!run && otherPlanRan.value && <OtherPlan plan={otherPlanRan.value} />}
      {!run && tried.value && <Outcome report={tried.value} />}
      <OwnInput />
      <p class="unseen" role="status">
        {spokenRun()}
      </p>
    </Section>
  );
}

/** What screen readers say of the run. They pass over text in a new element, so the element of this text is always on the page. */
function spokenRun(): string {
  if (trying.value) return 'The plan is running';
  if (!tried.value || failure.value) return '';
  const { load, result } = tried.value;
  return `Last run: ${number(result.completed)} of ${plural(load.requests, 'request')} answered`;
}

/** Says why there is no plan to try, and what the user can do. */
function WithoutPlan() {
  if (noPlan.value) {
    const { headline, next } = noPlanVerdict(noPlan.value);
    return (
      <Empty>
        {headline} <a href={`#${next.section}`}>{next.text}</a>
      </Empty>
    );
  }
  if (!opened.value && pinned.value)
    return (
      <Empty>
        The profile of the plan above is not open. <a href="#share">Open the profile</a> to run the plan.
      </Empty>
    );
  if (tried.value) return null;
  return (
    <Empty>
      There is no plan to try yet. <a href="#plan">Plan first</a>.
    </Empty>
  );
}

/** Says which plan the last run used, for a run that did not use the current plan. */
function OtherPlan({ plan: ran }: { readonly plan: Plan }) {
  return (
    <Notice title="OTHER PLAN">
      This run was of another plan: {variantsText(ran)}, made for {requestRate(ran.ratePerS)} within{' '}
      {number(ran.slaMs)} ms.
    </Notice>
  );
}
