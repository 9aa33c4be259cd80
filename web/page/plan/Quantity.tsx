import { useId } from 'preact/hooks';
import { grouped } from '../../../solver/math/figures.ts';
import { TermMark } from '../../components/Term.tsx';
import { NumberInput } from '../controls/NumberInput.tsx';

interface QuantityProps {
  readonly label: string;
  readonly unit?: string;
  readonly value: number;
  /**
   * Largest value that can be typed; by default the slider's maximum. The slider may end earlier, so that its steps suit the
   * usual values.
   */
  readonly max?: number;
  readonly whole?: boolean;
  readonly scale: Scale;
  readonly onChange: (value: number) => void;
}

/** Converts between a value and its position on a slider, in steps. */
interface Scale {
  readonly min: number;
  readonly max: number;
  readonly steps: number;
  position(value: number): number;
  value(position: number): number;
}

/**
 * Makes a scale from `min` to `max` whose steps have an equal ratio, with `perDoubling` steps per doubling. With `zero`, a
 * position for 0 comes before `min`.
 */
export function ratioScale(min: number, max: number, perDoubling: number, zero = false): Scale {
  const steps = Math.round(Math.log2(max / min) * perDoubling);
  const first = zero ? 1 : 0;
  return {
    min: zero ? 0 : min,
    max,
    steps: steps + first,
    position: (value) =>
      value <= 0 ? 0 : Math.min(steps, Math.max(0, Math.log2(value / min) * perDoubling)) + first,
    value(position) {
      if (position < first) return 0;
      if (position >= steps + first) return max;
      return Math.min(max, Number((min * 2 ** ((position - first) / perDoubling)).toPrecision(3)));
    },
  };
}

/** Makes a scale of whole numbers from 1. */
export const countScale = (max: number): Scale => ({
  min: 1,
  max,
  steps: max - 1,
  position: (value) => value - 1,
  value: (position) => Math.round(position) + 1,
});

/** An input for a number, with a slider. */
export function Quantity({ label, unit, value, max, whole = false, scale, onChange }: QuantityProps) {
  const id = useId();
  const slideTo = (position: number) => {
    const next = scale.value(position);
    if (next !== value) onChange(next);
  };
  return (
    <div class="quantity">
      <span class="muted small">
        <label for={id}>{label}</label>
        <TermMark of={label} />
      </span>
      <span class="row baseline tight small quantity-value">
        <NumberInput
          id={id}
          value={value}
          range={[scale.min, max ?? scale.max]}
          whole={whole}
          onChange={onChange}
        />
        {unit && <span class="muted">{unit}</span>}
      </span>
      <input
        type="range"
        aria-label={`${label}, slider`}
        aria-valuetext={`${grouped(value)}${unit ? ` ${unit}` : ''}`}
        min={0}
        max={scale.steps}
        step="any"
        value={scale.position(value)}
        onInput={(event) => slideTo(event.currentTarget.valueAsNumber)}
        onKeyDown={(event) => {
          const by = KEYS[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const to = Math.round(scale.position(value)) + by;
          slideTo(Math.min(scale.steps, Math.max(0, to)));
        }}
      />
    </div>
  );
}

/** Number of steps per key press. By default browsers move a slider by a hundredth of its length, whatever its scale. */
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
