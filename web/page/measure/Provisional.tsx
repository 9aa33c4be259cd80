import { costText } from '../../components/cost.ts';
import { accuracyText, number } from '../../components/format.ts';
import { variantsText } from '../../components/variants.ts';
import type { ProfileState } from '../../state/tabs.ts';

/** The best plan from the measurements so far. */
export function Provisional({ found }: { readonly found: ProfileState['provisional'] }) {
  if (!found) return <span class="muted">A first plan appears when every model has been measured once.</span>;
  if (found === 'none')
    return (
      <span class="muted">
        So far no plan keeps the time limit at the arrival rate of the section Plan. That may change until all
        is measured.
      </span>
    );
  const { plan, cost } = found;
  return (
    <>
      Best so far: <strong>{variantsText(plan)}</strong> within {number(plan.slaMs)} ms, {accuracyText(found)}
      , cost {costText(cost, plan)}. <span class="muted">It may change until all is measured.</span>
    </>
  );
}
