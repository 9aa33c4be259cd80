import { profile } from '../../state/app.ts';
import { Empty, Section } from '../Section.tsx';
import { Answer } from './Answer.tsx';
import './plan.css';
import { QuestionForm } from './QuestionForm.tsx';

/** What should run, for a bound on latency and a rate of requests. */
export function Planning() {
  return (
    <Section
      id="plan"
      title="Plan"
      lead="Variant, batch size and replicas of every stage: the most accurate for their cost within the SLA."
    >
      {profile.value ? (
        <div class="planning">
          <QuestionForm profile={profile.value} />
          <Answer />
        </div>
      ) : (
        <Empty>
          A plan is made from a profile. <a href="#measure">Measure this device</a>, or import a profile.
        </Empty>
      )}
    </Section>
  );
}
