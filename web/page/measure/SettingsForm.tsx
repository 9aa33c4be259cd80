import type { ComponentChildren } from 'preact';
import { checked } from '../../state/app.ts';
import { running } from '../../state/profiling.ts';
import { change, settings } from '../../state/settings.ts';
import { Estimate } from './Estimate.tsx';

const BACKENDS = ['webgpu', 'wasm'] as const;
const BATCHES = [1, 2, 4, 8, 16, 32, 64];

/** Powers of two up to the cores there are. */
const THREADS = Array.from(
  { length: Math.floor(Math.log2(Math.max(1, navigator.hardwareConcurrency))) + 1 },
  (_, i) => 2 ** i,
);

/** What is measured, and about how long that takes. */
export function SettingsForm() {
  const { backends, threads, batches, budgetS, seed } = settings.value;
  const noGpu = checked.value !== null && !checked.value.adapter;
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="settings-row" disabled={running.value !== null}>
        <legend class="unseen">Settings</legend>
        <Choices
          label="Backends"
          all={BACKENDS}
          chosen={backends}
          onChange={(chosen) => change({ backends: chosen })}
          disabled={(backend) => backend === 'webgpu' && noGpu}
          note={noGpu && 'No GPU adapter: see This device.'}
        />
        <Choices
          label="Threads, on wasm"
          all={THREADS}
          chosen={threads}
          onChange={(chosen) => change({ threads: chosen })}
          disabled={(count) => (count > 1 && !crossOriginIsolated) || !backends.includes('wasm')}
          note={!crossOriginIsolated && 'Not cross-origin isolated: one thread.'}
        />
        <Choices
          label="Batch sizes"
          all={BATCHES}
          chosen={batches}
          onChange={(chosen) => change({ batches: chosen })}
          disabled={(batch) => batch === 1}
        />
        <Quantity
          label="Budget (s)"
          value={budgetS}
          min={5}
          max={3600}
          onChange={(s) => change({ budgetS: s })}
        />
        <Quantity label="Seed of the order" value={seed} onChange={(n) => change({ seed: n })} />
      </fieldset>
      <Estimate />
    </form>
  );
}

interface ChoicesProps<T> {
  readonly label: string;
  readonly all: readonly T[];
  /** Of `all`; at least one stays chosen. */
  readonly chosen: readonly T[];
  readonly onChange: (chosen: T[]) => void;
  readonly disabled: (choice: T) => boolean;
  readonly note?: ComponentChildren;
}

function Choices<T extends string | number>(props: ChoicesProps<T>) {
  const { label, all, chosen, onChange, disabled, note } = props;
  const toggle = (choice: T, on: boolean) => {
    // A link may have brought sizes that are not offered here.
    const offered = [...new Set([...all, ...chosen])].sort((a, b) => Number(a) - Number(b));
    const next = offered.filter((other) => (other === choice ? on : chosen.includes(other)));
    if (next.length > 0) onChange(next);
  };
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      {all.map((choice) => (
        <label key={choice} class="chip">
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            disabled={disabled(choice)}
            onChange={(event) => {
              toggle(choice, event.currentTarget.checked);
              // The last one stays, whatever the browser has drawn.
              event.currentTarget.checked =
                chosen.length === 1 && chosen[0] === choice ? true : event.currentTarget.checked;
            }}
          />
          {choice}
        </label>
      ))}
      {note && <span class="muted">{note}</span>}
    </fieldset>
  );
}

interface QuantityProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly onChange: (value: number) => void;
}

function Quantity({ label, value, min, max, onChange }: QuantityProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        step="1"
        min={min}
        max={max}
        value={value}
        onChange={({ currentTarget: input }) => input.validity.valid && onChange(input.valueAsNumber)}
      />
    </label>
  );
}
