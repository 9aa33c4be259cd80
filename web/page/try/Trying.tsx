import { useRef } from 'preact/hooks';
import { plan } from '../../state/planning.ts';
import { failure, tried, trying } from '../../state/trying.ts';
import { useKeptFocus } from '../kept-focus.ts';
import { Empty, Section } from '../Section.tsx';
import { Live } from './Live.tsx';
import { Outcome } from './Outcome.tsx';
import './try.css';
import { TryForm } from './TryForm.tsx';

/** The plan, run here on real inputs. */
export function Trying() {
  const run = trying.value;
  const host = useRef<HTMLDivElement>(null);
  useKeptFocus(host);
  return (
    <Section
      id="try"
      title="Try it"
      lead="The plan, run in this browser on real inputs under a load."
      busy={run !== null}
    >
      <div ref={host}>
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
    </Section>
  );
}
