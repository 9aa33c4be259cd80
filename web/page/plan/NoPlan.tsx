import { figure, grouped } from '../../../solver/math/figures.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { WorkerLostError } from '../../../workers/runtime/errors.ts';
import { changePlanSettings, SETTINGS_MAX } from '../../state/plan/settings.ts';

/** Explains why there is no plan, and offers the nearest requests that have one, or another try. */
export function NoPlan({ why }: { readonly why: Error }) {
  return (
    <div class="problem" role="alert">
      <p>{why instanceof InfeasiblePlanError ? why.problem : why.message}</p>
      {why instanceof InfeasiblePlanError && <Offers why={why} />}
      {why instanceof WorkerLostError && (
        <div class="row buttons">
          <button type="button" onClick={() => changePlanSettings({})}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

function Offers({ why: { nearestSlaMs, nearestRatePerS, request } }: { readonly why: InfeasiblePlanError }) {
  const slaMs = nearestSlaMs === null ? null : figure(nearestSlaMs, 'up');
  const rate =
    nearestRatePerS === null
      ? null
      : figure(nearestRatePerS, nearestRatePerS > request.ratePerS ? 'up' : 'down');
  return (
    <div class="row buttons">
      {slaMs !== null && slaMs <= SETTINGS_MAX.slaMs && (
        <button type="button" class="primary" onClick={() => changePlanSettings({ slaMs })}>
          Use an SLA of {grouped(slaMs)} ms
        </button>
      )}
      {rate !== null && (
        <button type="button" onClick={() => changePlanSettings({ ratePerS: rate })}>
          Use {grouped(rate)} requests/s
        </button>
      )}
    </div>
  );
}
