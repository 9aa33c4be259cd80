import { useId, useState } from 'preact/hooks';
import { number } from '../../components/format.ts';
import { TermMark } from '../../components/Term.tsx';

interface NumberInputProps {
  readonly id?: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  readonly onChange: (value: number) => void;
}

/**
 * An input for a number. Invalid text is marked with the valid range; the last valid number remains in use, and reappears when
 * the input loses the focus.
 */
export function NumberInput({ id, value, min, max, whole = false, onChange }: NumberInputProps) {
  const [typed, setTyped] = useState<{ readonly text: string; readonly valid: boolean } | null>(null);
  const problem = useId();
  const invalid = typed !== null && !typed.valid;
  return (
    <>
      <input
        id={id}
        type="number"
        step={whole ? 1 : 'any'}
        min={min}
        max={max}
        value={typed?.text ?? value}
        aria-invalid={invalid}
        aria-describedby={invalid ? problem : undefined}
        onInput={({ currentTarget: input }) => {
          const valid = input.validity.valid && Number.isFinite(input.valueAsNumber);
          setTyped({ text: input.value, valid });
          if (valid && input.valueAsNumber !== value) onChange(input.valueAsNumber);
        }}
        onBlur={() => setTyped(null)}
      />
      {invalid && (
        <span id={problem} class="invalid">
          {validText(whole, min, max)}; {number(value)} stays in use.
        </span>
      )}
    </>
  );
}

function validText(whole: boolean, min: number | undefined, max: number | undefined): string {
  const what = whole ? 'A whole number' : 'A number';
  if (min !== undefined && max !== undefined) return `${what} from ${number(min)} to ${number(max)}`;
  return min === undefined ? what : `${what} of at least ${number(min)}`;
}

/** A {@link NumberInput} with a label. */
export function NumberField({ label, ...input }: Omit<NumberInputProps, 'id'> & { readonly label: string }) {
  const id = useId();
  return (
    <div class="field">
      <span>
        <label for={id}>{label}</label>
        <TermMark of={label} />
      </span>
      <NumberInput id={id} {...input} />
    </div>
  );
}
