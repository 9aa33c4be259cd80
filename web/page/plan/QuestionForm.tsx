import { backendsOf, type Profile } from '../../../solver/documents/profile.ts';
import { ask, LARGEST, PERCENTILES, question } from '../../state/plan/planning.ts';
import { Choices } from '../controls/Choices.tsx';
import { countScale, Quantity, ratioScale } from './Quantity.tsx';

const SLA = ratioScale(1, 20_000, 24);
const RATE = ratioScale(0.1, 1000, 24);
const WEIGHT = ratioScale(0.01, 100, 12, true);
const PRICE = ratioScale(1e-6, 10, 12, true);

/** Binds a numeric input to a field of the plan request. */
const bound = (field: 'slaMs' | 'ratePerS' | 'alpha' | 'beta') => ({
  value: question.value[field],
  onChange: (value: number) => ask({ [field]: value }),
});

/** Form for a plan request. Every change makes a new plan. */
export function QuestionForm({ profile }: { readonly profile: Profile }) {
  const { percentile, cores } = question.value;
  const { logicalCores } = profile.device;
  return (
    <form class="question card" aria-label="What is asked" onSubmit={(event) => event.preventDefault()}>
      <Quantity label="SLA" unit="ms" {...bound('slaMs')} max={LARGEST.slaMs} scale={SLA} />
      <Quantity
        label="Arrival rate"
        unit="requests/s"
        {...bound('ratePerS')}
        max={LARGEST.ratePerS}
        scale={RATE}
      />
      <fieldset class="segments">
        <legend>Percentile of latency within the SLA</legend>
        {PERCENTILES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="percentile"
              checked={percentile === one}
              onChange={() => ask({ percentile: one })}
            />
            p{one}
          </label>
        ))}
      </fieldset>
      <Backends profile={profile} />
      {logicalCores > 1 && (
        <Quantity
          label="Cores"
          unit={`of ${logicalCores}`}
          value={cores ?? logicalCores}
          whole
          scale={countScale(1, logicalCores)}
          onChange={(value) => ask({ cores: value >= logicalCores ? null : value })}
        />
      )}
      <Quantity label="Weight of accuracy, α" {...bound('alpha')} max={LARGEST.weight} scale={WEIGHT} />
      <Quantity label="Weight of cost, β" {...bound('beta')} max={LARGEST.weight} scale={PRICE} />
    </form>
  );
}

/** Choice of backends that the plan may use, at least one of those in the profile. */
function Backends({ profile }: { readonly profile: Profile }) {
  const measured = backendsOf(profile);
  if (measured.length < 2) return null;
  const chosen = question.value.backends ?? measured;
  return (
    <Choices
      label="Backends"
      all={measured}
      chosen={chosen}
      onChange={(next) => ask({ backends: next.length === measured.length ? null : next })}
      disabled={(backend) => chosen.length === 1 && chosen[0] === backend}
    />
  );
}
