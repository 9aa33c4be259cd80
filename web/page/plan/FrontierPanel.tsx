import { FrontierParts } from '../../components/FrontierParts.tsx';
import { choosePoint, frontier, isFresh, settingsFor } from '../../state/plan/planning.ts';
import type { ShownPlan } from './shown-plan.ts';
import { useLate } from './use-late.ts';

/** The frontier of accuracy and cost. Choosing a point sets β, and the SLA if necessary, so that the planner picks that point. */
export function FrontierPanel({ shown: { head, cost, pas } }: { readonly shown: ShownPlan }) {
  const found = frontier.value;
  const late = useLate(found !== null && !isFresh(found));
  if (!found) return <p class="muted">Computing the frontier …</p>;
  if (found.answer instanceof Error) return <p class="muted">{found.answer.message}</p>;
  return (
    <div class={`stack frontier ${late ? 'late' : ''}`}>
      <FrontierParts
        points={found.answer}
        without={found.without}
        plan={{ stages: head.stages, cost, pas }}
        slaMs={found.settings.slaMs}
        prices={head.resources}
        choose={(point) => (settingsFor(point) ? () => choosePoint(point) : null)}
      />
    </div>
  );
}
