import type { Backend } from '../../../solver/documents/common.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { backendsOf } from '../../../solver/documents/profile.ts';
import { ask, LARGEST, PERCENTILES, question } from '../../state/plan/planning.ts';
import { countScale, Quantity, ratioScale } from './Quantity.tsx';

const SLA = ratioScale(1, 20_000, 24);
const RATE = ratioScale(0.1, 1000, 24);
const WEIGHT = ratioScale(0.01, 100, 12, true);
const PRICE = ratioScale(1e-6, 10, 12, true);

/** Form for a plan request. Every change makes a new plan. */
export function QuestionForm({ profile }: { readonly profile: Profile }) {
  const { slaMs, ratePerS, percentile, alpha, beta, cores } = question.value;
  const { logicalCores } = profile.device;
  return (
    <form class="question card" aria-label="What is asked" onSubmit={(event) => event.preventDefault()}>
      <Quantity
        label="SLA"
        unit="ms"
        value={slaMs}
        max={LARGEST.slaMs}
        scale={SLA}
        onChange={(value) => ask({ slaMs: value })}
      />
      <Quantity
        label="Arrival rate"
        unit="requests/s"
        value={ratePerS}
        max={LARGEST.ratePerS}
        scale={RATE}
        onChange={(value) => ask({ ratePerS: value })}
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
      <Quantity
        label="Weight of accuracy, α"
        value={alpha}
        max={LARGEST.weight}
        scale={WEIGHT}
        onChange={(value) => ask({ alpha: value })}
      />
      <Quantity
        label="Weight of cost, β"
        value={beta}
        max={LARGEST.weight}
        scale={PRICE}
        onChange={(value) => ask({ beta: value })}
      />
    </form>
  );
}

/** Choice of backends that the plan may use, at least one of those in the profile. */
function Backends({ profile }: { readonly profile: Profile }) {
  const measured = backendsOf(profile);
  if (measured.length < 2) return null;
  const chosen = question.value.backends ?? measured;
  const toggle = (backend: Backend, on: boolean) => {
    const next = measured.filter((one) => (one === backend ? on : chosen.includes(one)));
    ask({ backends: next.length === measured.length ? null : next });
  };
  return (
    <fieldset class="choices">
      <legend>Backends</legend>
      {measured.map((backend) => (
        <label key={backend} class="chip">
          <input
            type="checkbox"
            checked={chosen.includes(backend)}
            disabled={chosen.length === 1 && chosen[0] === backend}
            onChange={(event) => toggle(backend, event.currentTarget.checked)}
          />
          {backend}
        </label>
      ))}
    </fieldset>
  );
}
