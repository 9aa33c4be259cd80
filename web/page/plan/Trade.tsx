import { pointVariants } from '../../../solver/report/cascade-text.ts';
import { chain, number, percent } from '../../components/format.ts';
import { TermMark } from '../../components/Term.tsx';
import { choosePoint, noPlan } from '../../state/plan/planning.ts';
import { runPlace, tradePlace, trades } from '../../state/plan/trades.ts';

const LABEL = 'What counts more';

/**
 * A slider over the combinations that are worth their cost, from the cheapest to the most accurate. Moving the slider changes the
 * weights of accuracy and cost.
 */
export function Trade() {
  const points = trades.value;
  const place = tradePlace.value;
  const chosen = points[place];
  const other = otherRuns(runPlace.value, place);
  return (
    <div class="quantity">
      <span class="muted small">
        <label for="trade">{LABEL}</label>
        <TermMark of={LABEL} />
      </span>
      <span class="row small muted quantity-value">
        {points.length > 0
          ? `${points.length === 1 ? 'only one choice' : `choice ${place + 1} of ${points.length}`}${other}`
          : noPlan.value && 'no choice'}
      </span>
      <input
        id="trade"
        type="range"
        min={0}
        max={Math.max(1, points.length - 1)}
        step={1}
        value={place}
        disabled={points.length < 2}
        aria-valuetext={
          chosen &&
          `${chain(pointVariants(chosen), Object.keys(chosen.variants))}, PAS ${percent(chosen.accuracy)}, cost ${number(chosen.cost)}${other}`
        }
        onInput={({ currentTarget }) => {
          const next = points[currentTarget.valueAsNumber];
          if (next) choosePoint(next);
        }}
      />
      <span class="row apart muted small" aria-hidden="true">
        <span>cheaper</span>
        <span>more accurate</span>
      </span>
    </div>
  );
}

/** Says which choice runs if it is not the slider's. */
function otherRuns(runs: number | null, place: number): string {
  if (runs === null || runs === place) return '';
  return runs < 0 ? '; another plan runs' : `; choice ${runs + 1} runs`;
}
