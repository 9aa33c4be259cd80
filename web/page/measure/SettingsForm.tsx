import { running } from '../../state/measure/profiling.ts';
import { BACKENDS, change, settings, whyNotMeasurable, whyOneThread } from '../../state/measure/settings.ts';
import { Choices } from '../controls/Choices.tsx';
import { NumberField } from '../controls/NumberInput.tsx';

const BATCHES = [1, 2, 4, 8, 16, 32, 64];

/** Thread counts to choose from: powers of two up to the number of cores. */
const THREADS = Array.from(
  { length: Math.floor(Math.log2(Math.max(1, navigator.hardwareConcurrency))) + 1 },
  (_, i) => 2 ** i,
);

/** The settings of a profile. */
export function SettingsForm() {
  const { backends, threads, batches, budgetS, seed } = settings.value;
  const noWebGpu = whyNotMeasurable('webgpu');
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="row start settings-row" disabled={running.value !== null}>
        <legend class="unseen">Settings</legend>
        <Choices
          label="Backends"
          all={BACKENDS}
          chosen={backends}
          onChange={(chosen) => change({ backends: chosen })}
          disabled={(backend) => whyNotMeasurable(backend) !== null}
          note={noWebGpu && `webgpu is left out: ${noWebGpu}.`}
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
      </fieldset>
      <details class="fold">
        <summary>Advanced</summary>
        <fieldset class="row start settings-row" disabled={running.value !== null}>
          <legend class="unseen">Advanced settings</legend>
          <Choices
            label="Threads, on wasm"
            all={THREADS}
            chosen={threads}
            onChange={(chosen) => change({ threads: chosen })}
            disabled={(count) => (count > 1 && whyOneThread !== null) || !backends.includes('wasm')}
            note={whyOneThread && `One thread: ${whyOneThread}.`}
          />
          <NumberField label="Seed of the order" value={seed} whole onChange={(n) => change({ seed: n })} />
        </fieldset>
      </details>
    </form>
  );
}
