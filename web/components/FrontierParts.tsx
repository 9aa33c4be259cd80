import type { Plan } from '../../solver/documents/plan.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { ACCURACY_UNKNOWN_SENTENCE } from '../../solver/report/accuracy-unknown.ts';
import { Frontier } from '../charts/Frontier.tsx';
import { CascadeGain } from './CascadeGain.tsx';
import type { Prices } from './cost.ts';
import { FrontierTable } from './FrontierTable.tsx';
import { stagesOf } from './variants.ts';

interface FrontierPartsProps {
  readonly points: readonly FrontierPoint[];
  /** The frontier without cascades; empty if no point has a cascade. */
  readonly without: readonly FrontierPoint[];
  readonly plan: Pick<Plan, 'stages'> & { readonly cost: number; readonly pas: number | null };
  readonly slaMs: number;
  readonly prices: Prices;
  /** Returns a function that chooses the point, or null if no β chooses it. Without this property no point can be chosen. */
  readonly choose?: (point: FrontierPoint) => (() => void) | null;
}

/** The frontier of accuracy and cost, as two elements: first its chart; then what cascades gain, and a table of its points. */
export function FrontierParts({ points, without, plan, slaMs, prices, choose }: FrontierPartsProps) {
  const stages = stagesOf(plan);
  if (plan.pas === null) return <p class="muted">{ACCURACY_UNKNOWN_SENTENCE}</p>;
  const chosen = { cost: plan.cost, accuracy: plan.pas };
  return (
    <>
      <Frontier
        title="Accuracy for cost"
        points={points}
        without={without}
        stages={stages}
        slaMs={slaMs}
        chosen={chosen}
        prices={prices}
        {...(choose && { choose: (point) => choose(point)?.() })}
      />
      <div class="stack">
        <CascadeGain
          caption="Table of what cascades gain"
          points={points}
          without={without}
          stages={stages}
        />
        <FrontierTable
          caption="Table of the best choices for each time limit"
          points={points}
          stages={stages}
          chosen={chosen}
          {...(choose && { choose })}
        />
      </div>
    </>
  );
}
