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

export function SettingsForm() {
  const { backends, threads, batches, budgetS, seed } = settings.value;
  const noWebGpu = whyNotMeasurable('webgpu');
  const fixed = running.value !== null;
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <div class="row start settings-row">
        <Choices
          label="Backends"
          all={BACKENDS}
          chosen={backends}
          onChange={(chosen) => change({ backends: chosen })}
          disabled={(backend) => fixed || whyNotMeasurable(backend) !== null}
          note={noWebGpu && `webgpu is left out: ${noWebGpu}.`}
        />
        <Choices
          label="Batch sizes"
          all={BATCHES}
          chosen={batches}
          onChange={(chosen) => change({ batches: chosen })}
          disabled={(batch) => fixed || batch === 1}
        />
        <NumberField
          label="Budget (s)"
          value={budgetS}
          range={[1, 3600]}
          disabled={fixed}
          onChange={(s) => change({ budgetS: s })}
        />
      </div>
      <details class="fold">
        <summary>Advanced</summary>
        <div class="row start settings-row">
          <Choices
            label="Threads, on wasm"
            all={THREADS}
            chosen={threads}
            onChange={(chosen) => change({ threads: chosen })}
            disabled={(count) => fixed || (count > 1 && whyOneThread !== null) || !backends.includes('wasm')}
            note={whyOneThread && `One thread: ${whyOneThread}.`}
          />
          <NumberField
            label="Seed of the order"
            value={seed}
            whole
            disabled={fixed}
            onChange={(n) => change({ seed: n })}
          />
        </div>
      </details>
    </form>
  );
}
