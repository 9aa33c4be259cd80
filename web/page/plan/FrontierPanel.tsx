import { pointVariants } from '../../../solver/report/cascade-text.ts';
import { Frontier } from '../../charts/Frontier.tsx';
import { CascadeGain } from '../../components/CascadeGain.tsx';
import { FrontierTable } from '../../components/FrontierTable.tsx';
import { sameVariants, stagesOf, variantsOf } from '../../components/variants.ts';
import { choosePoint, frontier, isFresh, settingsFor } from '../../state/plan/planning.ts';
import type { ShownPlan } from './shown-plan.ts';

/** Chart of the frontier of accuracy and cost. Choosing a point on it sets β, and thereby the plan. */
export function FrontierPanel({ shown }: { readonly shown: ShownPlan }) {
  const found = frontier.value;
  if (!found) return <p class="muted">Computing the frontier …</p>;
  if (found.answer instanceof Error) return <p class="muted">{found.answer.message}</p>;
  const { head, cost, pas } = shown;
  const stages = stagesOf(head);
  const variants = variantsOf(head);
  const points = found.answer;
  return (
    <div class={isFresh(found) ? undefined : 'stale'}>
      <Frontier
        title="Accuracy for cost"
        points={points}
        without={found.without}
        stages={stages}
        slaMs={found.settings.slaMs}
        chosen={{ cost, accuracy: pas }}
        prices={head.resources}
        choose={choosePoint}
      />
      <CascadeGain
        caption="Table of what cascades gain"
        points={points}
        without={found.without}
        stages={stages}
      />
      <FrontierTable
        caption="Table of the best choices"
        points={points}
        stages={stages}
        marked={(point) => sameVariants(pointVariants(point), variants)}
        choose={(point) => (settingsFor(point) ? () => choosePoint(point) : null)}
      />
    </div>
  );
}
