import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { number } from '../../components/format.ts';
import { roomier } from '../../state/plan/planning.ts';
import { changePlanSettings } from '../../state/plan/settings.ts';

/** Rounds a feasible rate down to few digits, so that it stays feasible. */
const slower = (value: number): number => Number((value * 0.995).toPrecision(3));

/** Explains why there is no plan, and offers the nearest requests that have one. */
export function NoPlan({ why }: { readonly why: Error }) {
  return (
    <div class="problem" role="alert">
      <p>{why instanceof InfeasiblePlanError ? why.problem : why.message}</p>
      {why instanceof InfeasiblePlanError && <Offers why={why} />}
    </div>
  );
}

function Offers({ why: { nearestSlaMs, nearestRatePerS, request } }: { readonly why: InfeasiblePlanError }) {
  const rate =
    nearestRatePerS === null
      ? null
      : nearestRatePerS > request.ratePerS
        ? roomier(nearestRatePerS)
        : slower(nearestRatePerS);
  return (
    <div class="row buttons">
      {nearestSlaMs !== null && (
        <button
          type="button"
          class="primary"
          onClick={() => changePlanSettings({ slaMs: roomier(nearestSlaMs) })}
        >
          Use an SLA of {number(roomier(nearestSlaMs))} ms
        </button>
      )}
      {rate !== null && (
        <button type="button" onClick={() => changePlanSettings({ ratePerS: rate })}>
          Use {number(rate)} requests/s
        </button>
      )}
    </div>
  );
}
