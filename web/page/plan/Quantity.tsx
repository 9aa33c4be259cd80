import { useId } from 'preact/hooks';
import { number } from '../../components/format.ts';

interface QuantityProps {
  readonly label: string;
  readonly unit?: string;
  readonly value: number;
  readonly scale: Scale;
  readonly onChange: (value: number) => void;
}

/** Where a value stands on a slider, in whole steps, and back. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly steps: number;
  position(value: number): number;
  value(position: number): number;
}

/** Steps of equal ratio from `min` to `max`; before them, where `zero` is set, a step for 0. */
export function ratioScale(min: number, max: number, perDoubling: number, zero = false): Scale {
  const steps = Math.round(Math.log2(max / min) * perDoubling);
  const first = zero ? 1 : 0;
  return {
    min: zero ? 0 : min,
    max,
    steps: steps + first,
    position: (value) =>
      value <= 0 ? 0 : Math.min(steps, Math.max(0, Math.log2(value / min) * perDoubling)) + first,
    value: (position) =>
      position < first ? 0 : Number((min * 2 ** ((position - first) / perDoubling)).toPrecision(3)),
  };
}

export const countScale = (min: number, max: number): Scale => ({
  min,
  max,
  steps: max - min,
  position: (value) => value - min,
  value: (position) => Math.round(position) + min,
});

/** A number, drawn on a slider or typed. */
export function Quantity({ label, unit, value, scale, onChange }: QuantityProps) {
  const id = useId();
  const take = (next: number) => {
    if (Number.isFinite(next) && next >= scale.min && next !== value) onChange(next);
  };
  return (
    <div class="quantity">
      <label for={id}>{label}</label>
      <span class="quantity-value">
        <input
          id={id}
          type="number"
          min={scale.min}
          step="any"
          value={value}
          onInput={(event) => take(event.currentTarget.valueAsNumber)}
        />
        {unit && <span class="muted">{unit}</span>}
      </span>
      <input
        type="range"
        aria-label={`${label}, slider`}
        aria-valuetext={`${number(value)}${unit ? ` ${unit}` : ''}`}
        min={0}
        max={scale.steps}
        step="any"
        value={scale.position(value)}
        onInput={(event) => take(scale.value(event.currentTarget.valueAsNumber))}
        onKeyDown={(event) => {
          const by = KEYS[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const to = Math.round(scale.position(value)) + by;
          take(scale.value(Math.min(scale.steps, Math.max(0, to))));
        }}
      />
    </div>
  );
}

/** A slider without steps of its own would move by a hundredth of its length. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -8,
  PageUp: 8,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};
