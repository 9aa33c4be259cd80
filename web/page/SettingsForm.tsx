import type { Backend } from '../../solver/documents/common.ts';
import { bytes, duration, plural } from '../format.ts';
import { checked, models } from '../state/app.ts';
import { running, settings } from '../state/profiling.ts';

const BACKENDS: readonly Backend[] = ['webgpu', 'wasm'];
const LARGEST = [1, 2, 4, 8, 16, 32, 64];

const change = (part: Partial<typeof settings.value>): void => {
  settings.value = { ...settings.value, ...part };
};

/** What is measured, and about how long that takes. */
export function SettingsForm() {
  const { backends, batches, budgetS, seed } = settings.value;
  const toggle = (backend: Backend, on: boolean) => {
    const chosen = BACKENDS.filter((b) => (b === backend ? on : backends.includes(b)));
    if (chosen.length > 0) change({ backends: chosen });
  };
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset disabled={running.value !== null}>
        <legend>Backends</legend>
        {BACKENDS.map((backend) => (
          <label key={backend} class="choice">
            <input
              type="checkbox"
              checked={backends.includes(backend)}
              disabled={backend === 'webgpu' && checked.value !== null && !checked.value.adapter}
              onChange={(event) => toggle(backend, event.currentTarget.checked)}
            />{' '}
            {backend}
          </label>
        ))}
      </fieldset>
      <fieldset class="fields" disabled={running.value !== null}>
        <label>
          Largest batch
          <select
            value={batches.at(-1)}
            onChange={(event) => {
              const largest = Number(event.currentTarget.value);
              change({ batches: LARGEST.filter((batch) => batch <= largest) });
            }}
          >
            {LARGEST.map((batch) => (
              <option key={batch} value={batch}>
                {batch}
              </option>
            ))}
          </select>
        </label>
        <label>
          Budget (s)
          <input
            type="number"
            min="5"
            max="3600"
            value={budgetS}
            onChange={({ currentTarget: input }) =>
              input.validity.valid && change({ budgetS: input.valueAsNumber })
            }
          />
        </label>
        <label>
          Seed
          <input
            type="number"
            step="1"
            value={seed}
            onChange={({ currentTarget: input }) =>
              input.validity.valid && change({ seed: input.valueAsNumber })
            }
          />
        </label>
      </fieldset>
      <Estimate />
    </form>
  );
}

function Estimate() {
  const manifest = models.value?.manifest;
  if (!manifest) return null;
  const { backends, batches, budgetS } = settings.value;
  const variants = manifest.stages.flatMap((stage) => stage.variants);
  const size = variants.reduce((sum, variant) => sum + variant.sizeBytes, 0);
  return (
    <p class="muted">
      At most {plural(variants.length * backends.length * batches.length, 'cell')}, {bytes(size)} of models,
      about {duration(1000 * budgetS)} of measuring. Another seed starts afresh; the same one goes on where it
      stopped.
    </p>
  );
}
