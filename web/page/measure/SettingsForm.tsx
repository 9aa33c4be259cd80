import type { ComponentChildren } from 'preact';
import { running } from '../../state/measure/profiling.ts';
import { BACKENDS, change, settings, whyNotMeasurable, whyOneThread } from '../../state/measure/settings.ts';
import { NumberField } from '../controls/NumberInput.tsx';
import { Estimate } from './Estimate.tsx';

const BATCHES = [1, 2, 4, 8, 16, 32, 64];

/** Thread counts to choose from: powers of two up to the number of cores. */
const THREADS = Array.from(
  { length: Math.floor(Math.log2(Math.max(1, navigator.hardwareConcurrency))) + 1 },
  (_, i) => 2 ** i,
);

/** The settings of a profile, with an estimate of the time it takes. */
export function SettingsForm() {
  const { backends, threads, batches, budgetS, seed } = settings.value;
  const noWebGpu = whyNotMeasurable('webgpu');
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="settings-row" disabled={running.value !== null}>
        <legend class="unseen">Settings</legend>
        <Choices
          label="Backends"
          all={BACKENDS}
          chosen={backends}
          onChange={(chosen) => change({ backends: chosen })}
          disabled={(backend) => whyNotMeasurable(backend) !== null}
          note={
            noWebGpu && (
              <>
                webgpu is left out: {noWebGpu}. <a href="#device">What to do</a>
              </>
            )
          }
        />
        <Choices
          label="Threads, on wasm"
          all={THREADS}
          chosen={threads}
          onChange={(chosen) => change({ threads: chosen })}
          disabled={(count) => (count > 1 && whyOneThread !== null) || !backends.includes('wasm')}
          note={
            whyOneThread && (
              <>
                One thread: {whyOneThread}. <a href="#device">What to do</a>
              </>
            )
          }
        />
        <Choices
          label="Batch sizes"
          all={BATCHES}
          chosen={batches}
          onChange={(chosen) => change({ batches: chosen })}
          disabled={(batch) => batch === 1}
        />
        <NumberField
          label="Budget (s)"
          value={budgetS}
          min={5}
          max={3600}
          onChange={(s) => change({ budgetS: s })}
        />
        <NumberField label="Seed of the order" value={seed} whole onChange={(n) => change({ seed: n })} />
      </fieldset>
      <Estimate />
    </form>
  );
}

interface ChoicesProps<T> {
  readonly label: string;
  readonly all: readonly T[];
  /** The ticked choices. The last one cannot be unticked. */
  readonly chosen: readonly T[];
  readonly onChange: (chosen: T[]) => void;
  readonly disabled: (choice: T) => boolean;
  readonly note?: ComponentChildren;
}

function Choices<T extends string | number>(props: ChoicesProps<T>) {
  const { label, all, chosen, onChange, disabled, note } = props;
  // A link may have set batch sizes that the form does not offer.
  const offered = [...new Set([...all, ...chosen])].sort((a, b) => Number(a) - Number(b));
  const toggle = (choice: T, on: boolean) => {
    const next = offered.filter((other) => (other === choice ? on : chosen.includes(other)));
    if (next.length > 0) onChange(next);
  };
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      {offered.map((choice) => (
        <label key={choice} class="chip">
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            disabled={disabled(choice)}
            onChange={(event) => {
              toggle(choice, event.currentTarget.checked);
              // The browser has already unticked the last choice, so it is ticked again.
              if (chosen.length === 1 && chosen[0] === choice) event.currentTarget.checked = true;
            }}
          />
          {choice}
        </label>
      ))}
      {note && <span class="muted">{note}</span>}
    </fieldset>
  );
}
