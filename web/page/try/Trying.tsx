import { plan } from '../../state/planning.ts';
import { Empty, Section } from '../Section.tsx';

/** The plan, run here on real inputs. */
export function Trying() {
  return (
    <Section id="try" title="Try it" lead="The plan, run in this browser on real inputs under a load.">
      {!plan.value && (
        <Empty>
          There is no plan to try yet. <a href="#plan">Plan first</a>.
        </Empty>
      )}
    </Section>
  );
}
