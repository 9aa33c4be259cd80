import { backendsOf, type Profile } from '../../../solver/documents/profile.ts';
import { resourcesOf } from '../../../solver/plan/request.ts';
import { Term } from '../../components/Term.tsx';
import { changePlanSettings, PERCENTILES, planSettings, SETTINGS_MAX } from '../../state/plan/settings.ts';
import { Choices } from '../controls/Choices.tsx';
import { countScale, Quantity, ratioScale } from './Quantity.tsx';
import { Trade } from './Trade.tsx';

const SLA = ratioScale(1, 20_000, 24);
const RATE = ratioScale(0.1, 1000, 24);
const WEIGHT = ratioScale(0.01, 100, 12, true);
const PRICE = ratioScale(1e-6, 10, 12, true);

/** Binds a numeric input to one of the settings. */
const bound = (field: 'slaMs' | 'ratePerS' | 'alpha' | 'beta') => ({
  value: planSettings.value[field],
  onChange: (value: number) => changePlanSettings({ [field]: value }),
});

/** The form of a plan's settings. Every change makes a new plan. */
export function PlanForm({ profile }: { readonly profile: Profile }) {
  const { percentile, cores } = planSettings.value;
  const { logicalCores } = profile.device;
  const usual = resourcesOf(profile).cores;
  return (
    <form
      class="card tiles start plan-settings"
      aria-label="Plan settings"
      onSubmit={(event) => event.preventDefault()}
    >
      <Quantity label="Time limit (SLA)" unit="ms" {...bound('slaMs')} max={SETTINGS_MAX.slaMs} scale={SLA} />
      <Quantity
        label="Arrival rate"
        unit="requests/s"
        {...bound('ratePerS')}
        max={SETTINGS_MAX.ratePerS}
        scale={RATE}
      />
      <fieldset class="segments">
        <legend class="muted small">
          <Term>Share of requests that must be in time</Term>
        </legend>
        {PERCENTILES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              class="unseen"
              name="percentile"
              checked={percentile === one}
              onChange={() => changePlanSettings({ percentile: one })}
            />
            {one}&nbsp;%
          </label>
        ))}
      </fieldset>
      <Trade />
      <Backends profile={profile} />
      {logicalCores > 1 && (
        <Quantity
          label="Cores"
          unit={`of ${logicalCores}`}
          value={cores ?? usual}
          whole
          scale={countScale(logicalCores)}
          onChange={(value) => changePlanSettings({ cores: value === usual ? null : value })}
        />
      )}
      <details class="fold">
        <summary>Advanced</summary>
        <Quantity
          label="Weight of accuracy, α"
          {...bound('alpha')}
          max={SETTINGS_MAX.weight}
          scale={WEIGHT}
        />
        <Quantity label="Weight of cost, β" {...bound('beta')} max={SETTINGS_MAX.weight} scale={PRICE} />
      </details>
    </form>
  );
}

/** Choice of backends that the plan may use, at least one of those in the profile. */
function Backends({ profile }: { readonly profile: Profile }) {
  const measured = backendsOf(profile);
  if (measured.length < 2) return null;
  return (
    <Choices
      label="Backends"
      all={measured}
      chosen={planSettings.value.backends ?? measured}
      onChange={(next) => changePlanSettings({ backends: next.length === measured.length ? null : next })}
    />
  );
}
