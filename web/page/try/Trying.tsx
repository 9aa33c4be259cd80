import { useRef } from 'preact/hooks';
import { Notice } from '../../components/Device.tsx';
import { showsExample, showsExampleRun } from '../../state/example.ts';
import { plan } from '../../state/plan/planning.ts';
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
  const host = useRef<HTMLDivElement>(null);
  useKeptFocus(host);
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
        {run ? (
          <Live run={run} />
        ) : plan.value ? (
          <TryForm />
        ) : (
          !tried.value && (
            <Empty>
              There is no plan to try yet. <a href="#plan">Plan first</a>.
            </Empty>
          )
        )}
      </div>
      {failure.value && (
        <p class="problem" role="alert">
          {failure.value}
        </p>
      )}
      {!run && tried.value && <Outcome report={tried.value} />}
      <OwnInput />
    </Section>
  );
}
